"""Beside Review and the recipes, where there is room: each value that was chosen, who, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.content import Content
from textual.widget import Widget

from engine import words
from engine.spec.parameter import Parameter
from engine.spec.run_spec import Origin, RunSpec, plain
from engine.spec.sections import PARAMETERS
from tui.cells import fit
from tui.wizard.fields import shown_value
from tui.wizard.names import model_name

_WHO, _LABEL, _VALUE = 10, 26, 22  # cells
_ORDER = ("you", "machine", "model", "data", "recipe")  # what is most particular to this run first
ON_REVIEW = ("model.source", "data.train", "watch.prompts", "run.name")  # told there already


class ChoicesPane(Widget):
    """A line a value below the words of ``title_key``; those of the defaults, and of the paths
    ``elsewhere``, are left out."""

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
        lines, before = [], ""
        for declared, value, origin in _choices(self._spec, self._elsewhere):
            who = "" if origin.by == before else words.t(f"origin.by.{origin.by}")
            lines.append(_line(who, declared, value, origin, self.size.width))
            before = origin.by
        return Content("\n").join([title, *lines[: max(0, self.size.height - 1)]])


def _choices(spec: RunSpec, elsewhere: Sequence[str]) -> list[tuple[Parameter, Any, Origin]]:
    values = spec.values()
    chosen = [
        (declared, plain(values[path]), spec.origin(path))
        for path, declared in PARAMETERS.items()
        if path not in elsewhere and declared.applies_to(values)
    ]
    found = [choice for choice in chosen if choice[2].by in _ORDER]
    return sorted(found, key=lambda choice: _ORDER.index(choice[2].by))


def _line(who: str, declared: Parameter, value: Any, origin: Origin, cells: int) -> Content:
    said = str(value) if declared.kind == "choice" else shown_value(declared, value)
    if declared.path == "model.source":
        said = model_name(said)
    if value is not None:
        said = declared.with_unit(said)
    why = f"  {words.t(f'origin.{origin.code}', **origin.values)}" if origin.code else ""
    room = cells - _WHO - _LABEL
    return Content.assemble(
        (fit(who, _WHO), "$gold" if origin.by == "you" else "$ash"),
        (fit(declared.label, _LABEL), "$foreground"),
        (fit(said, _VALUE if why else room), "bold" if origin.by == "you" else "$foreground"),
        (fit(why, max(0, room - _VALUE)) if why else "", "$ash"),
    )
