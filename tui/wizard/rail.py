"""The rail on top of every step: which steps there are, which are done, where one is."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from engine import words
from tui.memory_word import memory_words
from tui.symbols import sign
from tui.wizard.steps import STEPS

_MARKS = {"done": ("yes", "$jade"), "problem": ("no", "$cinnabar"), "open": ("", "$ash")}


class StepRail(Widget):
    """``states`` says of each step: done, problem or open; ``now`` is the step on the screen;
    ``card`` whether this machine has one."""

    DEFAULT_CSS = "StepRail { dock: top; height: 2; color: $foreground; }"

    def __init__(self, now: str, states: dict[str, str], card: bool) -> None:
        super().__init__()
        self._card = card
        self._now = now
        self._states = states

    def show(self, states: dict[str, str]) -> None:
        """Draw other states, if they are other."""
        if states != self._states:
            self._states = states
            self.refresh()

    def render(self) -> Content:
        line = Content(" ")
        for number, step in enumerate(STEPS, start=1):
            line += self._step(number, step)
        language = words.language().upper()
        gap = self.size.width - line.cell_length - len(language) - 1
        if gap > 0:
            line += Content.styled(" " * gap + language, "$ash")
        rule = Content.styled(sign("line") * self.size.width, "$ash")
        return Content.assemble(line, "\n", rule)

    def _step(self, number: int, step: str) -> Content:
        name = f"{number} {memory_words(self._card, f'wizard.step.{step}')}"
        mark, colour = _MARKS[self._states[step]]
        if step == self._now:
            here = (sign("now"), "$ember bold")
            return Content.assemble((name, "$ember bold underline"), " ", here, "  ")
        style = "$foreground" if self._states[step] != "open" else "$ash"
        shown = sign(mark) if mark else " "
        return Content.assemble((name, style), " ", (shown, colour), "  ")
