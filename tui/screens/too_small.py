"""What stands in place of a screen that has not room enough; the work behind it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import Screen

from engine import words
from tui.cells import width as cells_of
from tui.widgets.line_view import LineView, Row
from tui.wrap import wrap

LEAST = Size(80, 24)


def too_small(size: Size) -> bool:
    """Whether danlu's screens do not fit into ``size``."""
    return size.width < LEAST.width or size.height < LEAST.height


class TooSmallScreen(Screen[None]):
    """Names the size danlu needs; goes when the window has it."""

    def compose(self) -> ComposeResult:
        yield TooSmall()

    def on_resize(self) -> None:
        self._go_when_large()

    def on_screen_resume(self) -> None:
        self._go_when_large()

    def _go_when_large(self) -> None:
        if self.is_current and not too_small(self.app.size):
            self.dismiss()


class TooSmall(LineView):
    """The words, in the middle."""

    def draw(self, width: int, height: int) -> Sequence[Row]:
        need, have = (f"{size.width}×{size.height}" for size in (LEAST, self.app.size))
        said = [
            *wrap(words.t("live.too_small.need", size=need), width - 2),
            *wrap(words.t("live.too_small.have", size=have), width - 2),
            *wrap(words.t("live.too_small.goes_on"), width - 2),
        ]
        above: list[Row] = [[] for _ in range(max(0, (height - len(said)) // 2))]
        return above + [[(" " * ((width - cells_of(line)) // 2) + line, "text")] for line in said]
