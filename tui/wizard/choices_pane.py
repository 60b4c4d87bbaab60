"""Beside Review, where there is room: every value that somebody chose, who, and why."""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.widget import Widget

from engine import words
from engine.spec.parameter import Parameter
from engine.spec.run_spec import Origin, RunSpec
from engine.spec.sections import PARAMETERS
from tui.cells import fit
from tui.wizard.fields import shown_value

_WHO, _LABEL, _VALUE = 10, 26, 22  # cells
_ORDER = ("you", "machine", "model", "data", "recipe")  # what is most particular to this run first
_ELSEWHERE = ("model.source", "data.train", "watch.prompts", "run.name")  # told beside it


class ChoicesPane(Widget):
    """A line a value; those of the defaults are left out."""

    DEFAULT_CSS = "ChoicesPane { color: $foreground; padding: 0 2 0 3; }"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._spec: RunSpec | None = None

    def show(self, spec: RunSpec) -> None:
        """Show the choices of ``spec``, resolved."""
        if self._spec is None or (spec, spec.origins) != (self._spec, self._spec.origins):
            self._spec = spec
            self.refresh()

    def render(self) -> Content:
        if self._spec is None:
            return Content("")
        title = Content.styled(words.t("wizard_review.choices"), "$ember bold")
        lines, before = [], ""
        for declared, value, origin in _choices(self._spec):
            who = "" if origin.by == before else words.t(f"origin.by.{origin.by}")
            lines.append(_line(who, declared, value, origin, self.size.width))
            before = origin.by
        return Content("\n").join([title, *lines[: max(0, self.size.height - 1)]])


def _choices(spec: RunSpec) -> list[tuple[Parameter, Any, Origin]]:
    values = spec.values()
    chosen = [
        (declared, values[path], spec.origin(path))
        for path, declared in PARAMETERS.items()
        if path not in _ELSEWHERE and declared.applies_to(values)
    ]
    found = [choice for choice in chosen if choice[2].by in _ORDER]
    return sorted(found, key=lambda choice: _ORDER.index(choice[2].by))


def _line(who: str, declared: Parameter, value: Any, origin: Origin, cells: int) -> Content:
    said = str(value) if declared.kind == "choice" else shown_value(declared, value)
    if declared.unit and value is not None:
        said += f" {declared.unit_text}"
    why = words.t(f"origin.{origin.code}", **origin.values) if origin.code else ""
    return Content.assemble(
        (fit(who, _WHO), "$gold" if origin.by == "you" else "$ash"),
        (fit(declared.label, _LABEL), "$foreground"),
        (fit(said, _VALUE), "bold" if origin.by == "you" else "$foreground"),
        (fit(f"  {why}", max(0, cells - _WHO - _LABEL - _VALUE)), "$ash"),
    )
