"""One line to type in, with Enter on the key line."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class LineInput(Input):
    """A compact Input. Textual's own binding of Enter says nothing to the person."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keys.accept", id="line.accept"),
    ]
    DEFAULT_CSS = "LineInput { background: $panel; }"

    def __init__(self, value: str = "", **given: Any) -> None:
        super().__init__(value, compact=True, **given)
