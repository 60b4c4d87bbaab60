"""The run's log: a ring of lines, filtered, wrapped to the pane."""

from __future__ import annotations

import time
from collections.abc import Sequence

from engine import words
from tui.log_lines import LogLine, LogRing
from tui.symbols import sign
from tui.widgets.line_view import Row
from tui.widgets.tail_view import TailView
from tui.wrap import wrap

_SIGNS = {"error": ("no", "cinnabar"), "warning": ("warn", "gold"), "good": ("yes", "jade")}
_HANG = 8  # cells of clock and sign before the text


class LogView(TailView):
    """Shows ``ring``; ``needle`` keeps only the lines that contain it, in any case."""

    def __init__(self, ring: LogRing, number: str = "", *, id: str | None = None) -> None:
        super().__init__(number, id=id)
        self.ring = ring
        self._needle = ""
        self._matches: list[int] = []
        self._matched_to = 0

    @property
    def needle(self) -> str:
        return self._needle

    @needle.setter
    def needle(self, text: str) -> None:
        self._needle = text.casefold()
        self.forget_matches()

    def forget_matches(self) -> None:
        """Match every line again: after another needle or another language."""
        self._matches, self._matched_to, self.held = [], 0, None
        self.redraw()

    def title(self) -> Row:
        row: Row = [(words.t("live.log.title"), "bold")]
        if self._needle:
            row.append((f" /{self._needle} · {len(self.numbers())}", "gold"))
        return row

    def numbers(self) -> Sequence[int]:
        if not self._needle:
            return range(self.ring.first, self.ring.total)
        for number in range(max(self._matched_to, self.ring.first), self.ring.total):
            if self._needle in self._line(number).text.casefold():
                self._matches.append(number)
        self._matched_to = self.ring.total
        while self._matches and self._matches[0] < self.ring.first:
            self._matches.pop(0)
        return self._matches

    def _line(self, number: int) -> LogLine:
        return self.ring.lines[number - self.ring.first]

    def entry_rows(self, number: int, width: int) -> list[Row]:
        line = self._line(number)
        name, role = _SIGNS.get(line.level, ("dot", "ash"))
        clock = time.strftime("%H:%M", time.localtime(line.time))
        said = wrap(line.text, width - _HANG - 1)
        text_role = role if line.level in ("error", "warning") else "text"
        first: Row = [(f"{clock} ", "ash"), (sign(name), role), (f" {said[0]}", text_role)]
        return [first, *([(" " * _HANG + more, text_role)] for more in said[1:])]

    def nothing(self, width: int) -> list[Row]:
        key = "live.log.no_match" if self._needle else "live.log.nothing"
        return [[(f" {line}", "ash")] for line in wrap(words.t(key), width - 2)]
