"""What stands in place of a screen that has not room enough; the work behind it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from engine import words
from tui.cells import width as cells_of
from tui.widgets.line_view import LineView, Row
from tui.wrap import wrap

LEAST_WIDTH, LEAST_HEIGHT = 80, 24


class TooSmall(LineView):
    """Covers the screen while it is smaller than 80×24 (classes ``-tiny`` and ``-flat``, set by the
    app's breakpoints)."""

    DEFAULT_CSS = """
    TooSmall { display: none; layer: too-small; dock: top; width: 100%; height: 100%;
               background: $background; }
    .-tiny TooSmall, .-flat TooSmall { display: block; }
    """

    def draw(self, width: int, height: int) -> Sequence[Row]:
        size = f"{LEAST_WIDTH}×{LEAST_HEIGHT}"
        said = [
            *wrap(words.t("live.too_small.need", size=size), width - 2),
            *wrap(words.t("live.too_small.have", size=f"{width}×{height}"), width - 2),
            *wrap(words.t("live.too_small.goes_on"), width - 2),
        ]
        above: list[Row] = [[] for _ in range(max(0, (height - len(said)) // 2))]
        return above + [[(" " * max(0, (width - cells_of(line)) // 2) + line, "text")] for line in said]
