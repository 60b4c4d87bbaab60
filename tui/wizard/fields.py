"""The rows of the Parameters form, made from the declarations and the draft."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from engine.errors import DanluError
from engine.spec.check import check_value, range_text
from engine.spec.parameter import Parameter
from engine.spec.resolve import resolve_steps
from engine.spec.run_spec import Origin, RunSpec, plain
from engine.spec.sections import PARAMETERS, SECTIONS
from engine.spec.typed import parse_value, show_value
from tui.wizard.draft import Draft
from tui.wizard.forecast import training_rows

# Those the steps before ask for.
_ELSEWHERE = ("model.source", "model.hub", "data.train", "data.fill")
_BETWEEN = " | "  # several texts or sources on one line


@dataclass(frozen=True)
class Field:
    """One line of the form: a ``section`` heading, a ``parameter``, or (both None) going on.
    ``value`` is what was chosen, ``used`` what a run takes where nobody chose, by ``origin``."""

    section: str | None = None
    parameter: Parameter | None = None
    value: Any = None
    used: Any = None
    origin: Origin = field(default_factory=lambda: Origin("default"))
    wrong: tuple[DanluError, ...] = ()

    @property
    def path(self) -> str:
        return self.parameter.path if self.parameter else self.section or ""

    @property
    def cycles(self) -> bool:
        """Whether Enter takes the next of a few values."""
        return self.parameter is not None and self.parameter.kind in ("choice", "boolean")

    @property
    def counts(self) -> bool:
        """Whether left and right halve and double its value."""
        return self.parameter is not None and self.parameter.kind in ("integer", "number")


def fields_of(draft: Draft, *, expert: bool, wanted: str = "") -> list[Field]:
    """The lines in their order: parameters that apply to the draft and whose name, label or path
    has ``wanted`` in it; while something is looked for, expert ones too."""
    spec, used = draft.spec, filled(draft)
    wrong = draft.exclusions()
    lines: list[Field] = [] if wanted else [Field()]
    for section in SECTIONS:
        own = [
            _field(declared, spec, used, wrong)
            for path, declared in PARAMETERS.items()
            if declared.section == section
            and path not in _ELSEWHERE
            and _shown(declared, spec, expert=expert, wanted=wanted)
        ]
        if own:
            lines += [Field(section=section), *own]
    return lines


def _shown(declared: Parameter, spec: RunSpec, *, expert: bool, wanted: str) -> bool:
    changed = spec.origin(declared.path).by == "you"
    # A parameter that no longer applies is still shown when a person chose it and it clashes.
    if not declared.applies_to(spec.values()) and not changed:
        return False
    if wanted:
        return wanted.lower() in f"{declared.path} {declared.label}".lower()
    return expert or declared.level == "basic" or changed


def _field(declared: Parameter, spec: RunSpec, used: RunSpec, wrong: list[DanluError]) -> Field:
    return Field(
        parameter=declared,
        value=plain(spec.get(declared.path)),
        used=plain(used.get(declared.path)),
        origin=used.origin(declared.path),
        wrong=tuple(error for error in wrong if declared.name in error.values),
    )


def filled(draft: Draft) -> RunSpec:
    """The spec with all that machine, method and (once rows are counted) data decide."""
    spec = draft.resolved()
    rows = training_rows(draft)
    return resolve_steps(spec, rows) if rows else spec


def shown_value(declared: Parameter, value: Any) -> str:
    """A value as the form shows and edits it: several texts or sources between bars."""
    if declared.kind == "texts":
        return _BETWEEN.join(value or [])
    if declared.kind == "sources":
        return _BETWEEN.join(_source_text(entry) for entry in value or [])
    return show_value(value)


def _source_text(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    known = set(entry) <= {"source", "sample"}
    if not known:
        return show_value(entry)
    return entry["source"] + (f"#{entry['sample']}" if entry.get("sample") else "")


def typed_value(declared: Parameter, text: str) -> Any:
    """What a person typed into the form, as the plain value it means."""
    if declared.kind in ("texts", "sources") and not text.lstrip().startswith(("[", "{")):
        return [part.strip() for part in text.split(_BETWEEN.strip()) if part.strip()]
    if declared.kind in ("integer", "number"):
        text = unicodedata.normalize("NFKC", text)  # digits as a Chinese input method writes them
    return parse_value(declared, text)


def typed_error(declared: Parameter, text: str) -> DanluError | None:
    """What is wrong with the typed text, or None."""
    if gives_back(declared, text):
        return None
    return check_value(declared.path, typed_value(declared, text))


def gives_back(declared: Parameter, text: str) -> bool:
    """Whether a number that must be there was emptied: it goes back to who had it before."""
    needed = declared.kind in ("integer", "number") and not declared.optional
    return needed and not text.strip()


def next_value(field: Field, by: int) -> Any:
    """The value ``by`` places on: through the choices, with "left to the rule" as one of them
    where the parameter may be left open."""
    declared = field.parameter
    assert declared is not None
    values: list[Any] = list(declared.choices) if declared.choices else [False, True]
    if declared.optional:
        values = [None, *values]
    at = values.index(field.value) if field.value in values else 0
    return values[(at + by) % len(values)]


def nudged(field: Field, by: int) -> Any:
    """A number doubled (``by`` 1) or halved, within its range; None where there is none."""
    declared, value = field.parameter, field.value if field.value is not None else field.used
    if declared is None or not isinstance(value, int | float):
        return None
    made = value * 2 if by > 0 else value / 2
    if declared.kind == "integer":
        made = int(made)
    made = min(made, declared.high) if declared.high is not None else made
    made = max(made, declared.low) if declared.low is not None else made
    return int(made) if declared.kind == "integer" else float(f"{made:.6g}")


def limits(declared: Parameter) -> str:
    """The range of a number; empty where there is none."""
    return range_text(declared.path) if declared.kind in ("integer", "number") else ""
