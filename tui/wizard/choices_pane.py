"""Beside Review and the recipes, where there is room: each value that was chosen, who, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from textual.content import Content
from textual.widget import Widget

from engine import words
from engine.spec.parameter import Parameter
from engine.spec.run_spec import Origin, RunSpec, plain
from engine.spec.sections import PARAMETERS
from tui.cells import fit, width
from tui.symbols import sign
from tui.wizard.field_lines import value_words
from tui.wizard.names import model_name

_WHO, _LABEL, _VALUE = 10, 26, 22  # cells
_SHORT = 28  # cells of a value among those that are as usual
_ORDER = ("you", "machine", "model", "data", "recipe")  # what is most particular to this run first
ON_REVIEW = ("model.source", "data.train", "watch.prompts", "run.name")  # told there already


class ChoicesPane(Widget):
    """A line a value below the words of ``title_key``, then, where there is room, those that are as
    usual; the paths ``elsewhere`` are left out."""

    DEFAULT_CSS = "ChoicesPane { color: $foreground; padding: 0 2 0 3; }"

    def __init__(self, title_key: str, elsewhere: Sequence[str] = (), **given: Any) -> None:
        super().__init__(**given)
        self._title_key = title_key
        self._elsewhere = elsewhere
        self._spec: RunSpec | None = None

    def show(self, spec: RunSpec | None) -> None:
        """Show the choices of ``spec``; None: nothing."""
        now = (spec, spec.origins if spec else None)
        if now != (self._spec, self._spec.origins if self._spec else None):
            self._spec = spec
            self.refresh()

    def render(self) -> Content:
        if self._spec is None:
            return Content("")
        title = Content.styled(words.t(self._title_key), "$ember bold")
        chosen, usual = _choices(self._spec, self._elsewhere)
        room, lines, before = max(0, self.size.height - 1), [], ""
        column = _column(chosen)
        for choice in chosen:
            by = choice.origin.by
            who = "" if by == before else words.t(f"origin.by.{by}")
            lines.append(_line(who, choice, column, self.size.width))
            before = by
        below = _usual(usual, self.size.width)
        if len(lines) + len(below) <= room:
            lines += below
        return Content("\n").join([title, *lines[:room]])


class _Choice(NamedTuple):
    declared: Parameter
    said: str
    origin: Origin

    @property
    def why(self) -> str:
        origin = self.origin
        return words.t(f"origin.{origin.code}", **origin.values) if origin.code else ""

    @property
    def short(self) -> str:
        """A value alone; of a rule its first words, where those are few."""
        head = self.said.partition(":")[0].partition("\uff1a")[0]
        return head if width(head) <= _SHORT else "–"


def _choices(spec: RunSpec, elsewhere: Sequence[str]) -> tuple[list[_Choice], list[_Choice]]:
    """Those that were chosen, by whom; and those that are as usual."""
    values = spec.values()
    found = [
        _Choice(declared, _said(declared, plain(values[path])), spec.origin(path))
        for path, declared in PARAMETERS.items()
        if path not in elsewhere and declared.applies_to(values)
    ]
    chosen = [choice for choice in found if choice.origin.by in _ORDER]
    chosen.sort(key=lambda choice: _ORDER.index(choice.origin.by))
    return chosen, [choice for choice in found if choice.origin.by not in _ORDER]


def _said(declared: Parameter, value: Any) -> str:
    if value is None or value == []:
        return declared.rule_text() or "–"
    if declared.path == "model.source":
        return model_name(str(value))
    if declared.kind == "choice":
        return str(value)
    return declared.with_unit(value_words(declared, value))


def _column(chosen: Sequence[_Choice]) -> int:
    """As wide as the values that have a reason behind them need."""
    return min(_VALUE, max((width(choice.said) for choice in chosen if choice.why), default=0)) + 2


def _line(who: str, choice: _Choice, column: int, cells: int) -> Content:
    room = cells - _WHO - _LABEL
    own = choice.origin.by == "you"
    return Content.assemble(
        (fit(who, _WHO), "$gold" if own else "$ash"),
        (fit(choice.declared.label, _LABEL), "$foreground"),
        (fit(choice.said, column if choice.why else room), "bold" if own else "$foreground"),
        (fit(choice.why, max(0, room - column)) if choice.why else "", "$ash"),
    )


def _usual(usual: Sequence[_Choice], cells: int) -> list[Content]:
    """The others, as many on a line as fit, each name beside its value."""
    dot, room = f" {sign('dot')} ", cells - _WHO - 5
    lines: list[Content] = []
    for choice in usual:
        said = Content.assemble((f"{choice.declared.label} ", "$ash"), choice.short)
        if lines and lines[-1].cell_length + said.cell_length + len(dot) <= room:
            lines[-1] += Content.assemble((dot, "$ash"), said)
        else:
            lines.append(said.truncate(room, ellipsis=True))
    leads = [words.t("origin.by.default"), *[""] * len(lines)]
    return [
        Content.assemble((fit(lead, _WHO), "$ash"), line)
        for lead, line in zip(leads, lines, strict=False)
    ]
