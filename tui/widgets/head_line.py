"""The first lines of every screen: where one is, and on the right the machine and language."""

from __future__ import annotations

from rich.text import Text
from textual.geometry import Region
from textual.widget import Widget

from tui.cells import width
from tui.symbols import sign


class HeadLine(Widget):
    """``left`` and ``right`` on one line, a rule below. Both are plain text or Text."""

    DEFAULT_CSS = "HeadLine { dock: top; height: 2; color: $foreground; }"

    def __init__(self, left: str | Text = "", right: str | Text = "") -> None:
        super().__init__()
        self._left = left
        self._right = right

    def show(self, left: str | Text | None = None, right: str | Text | None = None) -> None:
        """Change either side."""
        before = self._left, self._right
        self._left = self._left if left is None else left
        self._right = self._right if right is None else right
        if before != (self._left, self._right):
            self.refresh(Region(0, 0, self.size.width, 1))

    def render(self) -> Text:
        left = Text(" ").append_text(_text(self._left, "bold"))
        right = _text(self._right, "dim")
        gap = self.size.width - width(left.plain) - width(right.plain) - 1
        line = left.append(" " * max(1, gap)).append_text(right)
        line.truncate(self.size.width)
        line.append("\n").append(sign("line") * self.size.width, "dim")
        return line


def _text(value: str | Text, style: str) -> Text:
    return value.copy() if isinstance(value, Text) else Text(value, style)
