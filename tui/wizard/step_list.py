"""The list of a step: beside it, left and right go between the steps."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.widgets.row_list import RowList


class StepList(RowList):
    """A scrolling widget would keep left and right for itself, and a row is never wider than it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "screen.step(1)", "keys.wizard_next", id="wizard.list_next"),
        Binding("left", "screen.step(-1)", "keys.wizard_previous", id="wizard.list_previous"),
    ]
