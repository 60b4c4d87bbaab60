"""The metrics of an evaluation side by side; with the base's, what changed."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from engine.evaluate.report import is_better
from tui.cells import fit, right
from tui.ink import ink
from tui.metric_words import change, metric_name, number

_LEAD, _NAME, _VALUE, _CHANGE = 2, 17, 8, 10
_COLOURS = {True: "jade", False: "cinnabar", None: "ash"}


class MetricGrid(Widget):
    """As many columns as there is room for, filled downwards."""

    DEFAULT_CSS = "MetricGrid { height: auto; margin-bottom: 1; }"

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        self._metrics: dict[str, float] = document["metrics"]
        self._changes: dict[str, float] | None = document.get("difference")
        self._between: dict[str, list[float]] = document.get("intervals", {})

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._lines(width)

    def _lines(self, cells: int) -> int:
        columns = max(1, cells // self._cell)
        return -(-len(self._metrics) // columns)

    @property
    def _cell(self) -> int:
        return _LEAD + _NAME + _VALUE + (1 + _CHANGE if self._changes is not None else 0)

    def render(self) -> Text:
        names = list(self._metrics)
        lines = self._lines(self.size.width)
        text = Text(no_wrap=True)
        for line in range(lines):
            text.append("\n" if line else "")
            for at in range(line, len(names), lines):
                text.append(" " * _LEAD).append_text(self._figure(names[at]))
        return text

    def _figure(self, name: str) -> Text:
        text = Text(fit(metric_name(name), _NAME), ink(self, "ash")).append_text(
            Text(right(number(name, self._metrics[name]), _VALUE), ink(self, "foreground"))
        )
        if self._changes is not None:
            size, between = self._changes.get(name), self._between.get(name)
            sure = size is not None and not (between and between[0] <= 0 <= between[1])
            colour = _COLOURS[is_better(name, size) if sure and size is not None else None]
            text.append(" ").append(fit(change(name, size, between), _CHANGE), ink(self, colour))
        return text
