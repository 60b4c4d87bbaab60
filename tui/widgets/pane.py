"""What every pane of the live screen has: a title rule that shows its number and its focus."""

from __future__ import annotations

from collections.abc import Sequence

from tui.symbols import sign
from tui.widgets.line_view import LineView, Row, clip, row_width


class Pane(LineView, can_focus=True):
    """A LineView whose first row is a rule with ``number`` and :meth:`title` in it."""

    DEFAULT_CSS = "Pane { height: 1fr; }"

    def __init__(self, number: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.number = number

    def title(self) -> Row:
        """What the pane shows, in words."""
        raise NotImplementedError

    def legend(self) -> Row:
        """What stands at the right of the title."""
        return []

    def body(self, width: int, height: int) -> Sequence[Row]:
        """The rows below the title."""
        raise NotImplementedError

    def draw(self, width: int, height: int) -> Sequence[Row]:
        return [self._rule(width), *self.body(width, height - 1)] if height > 0 else []

    def _rule(self, cells: int) -> Row:
        lead = sign("next") if self.has_focus else sign("line")
        left: Row = [(lead, "ember bold" if self.has_focus else "rule")]
        if self.number:
            left.append((f" {self.number}", "ember bold" if self.has_focus else "ash"))
        named = [
            (text, "ember bold" if self.has_focus and role == "bold" else role)
            for text, role in self.title()
        ]
        left += [(" ", "text"), *named, (" ", "text")]
        legend = self.legend()
        right: Row = [(" ", "text"), *legend, (" ", "text")] if legend else []
        left = clip(left, cells)
        if row_width(left) + row_width(right) > cells:
            right = []
        filling = cells - row_width(left) - row_width(right)
        return [*left, (sign("line") * filling, "rule"), *right]
