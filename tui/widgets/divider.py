"""A vertical line between two panes."""

from __future__ import annotations

from collections.abc import Sequence

from tui.symbols import sign
from tui.widgets.line_view import LineView, Row


class Divider(LineView):
    """One column; its first cell carries on the title rules beside it."""

    DEFAULT_CSS = "Divider { width: 1; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.branch: int | None = None
        """The row at which a rule goes off to the right."""

    def draw(self, width: int, height: int) -> Sequence[Row]:
        joints = {0: sign("joint"), self.branch: sign("branch")}
        return [[(joints.get(y, sign("bar")), "rule")] for y in range(height)]
