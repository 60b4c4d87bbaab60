"""How the answers to the watched prompts change while the model learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine import words
from tui.cells import right
from tui.run_model import Sample
from tui.symbols import sign
from tui.widgets.line_view import Row
from tui.widgets.tail_view import TailView
from tui.wrap import wrap

_STEP_CELLS = 8
_LOW, _OLD_LINES = 12, 2  # a pane of fewer rows shortens older answers to so many lines


class WatchPanel(TailView):
    """One prompt at a time: step and answer, an answer that stayed the same only once.

    ``samples`` is answers by prompt; ``prompted`` whether any prompt is watched.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "keys.live_prompt", id="watch.left", key_display="←→"),
        Binding("right", "turn(1)", "keys.live_prompt", id="watch.right", show=False),
    ]

    def __init__(
        self, samples: Mapping[str, list[Sample]], number: str = "", *, id: str | None = None
    ) -> None:
        super().__init__(number, id=id)
        self.samples = samples
        self.prompted = True
        self._at = 0

    @property
    def prompt(self) -> str | None:
        """The prompt on show; None while there is none."""
        prompts = list(self.samples)
        return prompts[self._at % len(prompts)] if prompts else None

    def title(self) -> Row:
        row: Row = [(words.t("live.watch.title"), "bold")]
        if self.prompt is not None:
            row.append((f" {self.prompt}", "text"))
        if len(self.samples) > 1:
            row.append((f" {self._at % len(self.samples) + 1}/{len(self.samples)}", "ash"))
        return row

    def numbers(self) -> Sequence[int]:
        return range(len(self.samples[self.prompt])) if self.prompt is not None else ()

    def entry_rows(self, number: int, width: int) -> list[Row]:
        answers = self.samples[self.prompt or ""]
        sample = answers[number]
        newest = number == len(answers) - 1
        steps = str(sample.step)
        if sample.last_step > sample.step:
            steps = f"{sample.step}–{sample.last_step}"
        text = " ".join(sample.text.split()) or words.t("live.watch.silent")
        said = self._shortened(wrap(text, width - _STEP_CELLS - 2), newest)
        role = "text" if newest else "ash"
        first: Row = [
            (right(steps, _STEP_CELLS), "ember" if newest else "ash"),
            (f" {said[0]}", role),
        ]
        rows = [first, *([(" " * (_STEP_CELLS + 1) + more, role)] for more in said[1:])]
        if sample.exact:
            rows[-1] = [*rows[-1], (f"  {sign('yes')} {words.t('live.watch.exact')}", "jade")]
        return rows

    def _shortened(self, lines: list[str], newest: bool) -> list[str]:
        """In a low pane an older answer takes two lines, so that there is more of the timeline."""
        room = max(1, self.size.height - 3) if newest else _OLD_LINES
        if self.size.height > _LOW or len(lines) <= room:
            return lines
        return [*lines[: room - 1], lines[room - 1][: -len(sign("more"))] + sign("more")]

    def nothing(self, width: int) -> list[Row]:
        key = "live.watch.waiting" if self.prompted else "live.watch.none"
        return [[(f" {line}", "ash")] for line in wrap(words.t(key), width - 2)]

    def action_turn(self, by: int) -> None:
        """Show the next or the previous prompt."""
        self._at = (self._at + by) % max(1, len(self.samples))
        self.held = None
        self.redraw()
