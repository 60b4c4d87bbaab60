"""A vertical line between two panes."""

from __future__ import annotations

from collections.abc import Sequence

from tui.symbols import sign
from tui.widgets.line_view import LineView, Row


class Divider(LineView):
    """One column; its first cell carries on the title rules beside it."""

    DEFAULT_CSS = "Divider { width: 1; height: 1fr; }"

    def draw(self, width: int, height: int) -> Sequence[Row]:
        joint = sign("joint")
        return [[(joint if y == 0 else sign("bar"), "rule")] for y in range(height)]
