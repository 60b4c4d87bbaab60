"""A run under construction: the spec so far, what was found out about it, where the person was.

It outlives the screens, so going back and forth loses nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalogue import model_of
from engine.errors import DanluError
from engine.hardware import Machine, machine
from engine.spec.check import check_value
from engine.spec.exclusions import excluded
from engine.spec.resolve import resolve, resolve_model
from engine.spec.run_spec import Chooser, Origin, RunSpec, build_section, plain
from engine.spec.sections import PARAMETERS
from engine.spec.yaml_form import write_spec
from tui.wizard.desk import Desk

if TYPE_CHECKING:
    from engine.recipes import Recipe


class Draft:
    """``spec`` may hold combinations that cannot be trained (:meth:`exclusions`): the form shows
    them with their ways out instead of refusing the key. Single values are always sound."""

    def __init__(self, spec: RunSpec | None = None, recipe: Recipe | None = None) -> None:
        self.spec = spec or RunSpec()
        self.given = self.spec
        self.recipe = recipe
        self.machine: Machine = machine()
        self.desk = Desk()
        self.at = "model"
        self.visited: set[str] = set()
        self.trail: list[str] = []
        self.places: dict[str, Any] = {}
        self.typed_models: list[str] = []
        self.written: Path | None = None
        self._as_written = self.spec

    def change(self, changes: Mapping[str, Any], by: Chooser = "you") -> None:
        """Set values (dotted path → plain value). Raises DanluError for one that is wrong in
        itself, and then changes nothing."""
        for path, value in changes.items():
            error = check_value(path, value)
            if error is not None:
                raise error
        for path, value in changes.items():
            self._put(path, value, Origin(by))

    def reset_name(self) -> None:
        """Let a new run find a name of its own."""
        self._put("run.name", None, None)

    def reset(self, path: str) -> None:
        """Give a value back to whoever had chosen it before the person did."""
        origin = self.given.origins.get(path)
        self._put(path, self.given.get(path), origin)

    def _put(self, path: str, value: Any, origin: Origin | None) -> None:
        section, _, name = path.partition(".")
        values = {**plain(getattr(self.spec, section)), name: value}
        made = build_section(section, values)
        origins = {key: who for key, who in self.spec.origins.items() if key != path}
        if origin is not None:
            origins[path] = origin
        self.spec = dataclasses.replace(self.spec, **{section: made}, origins=origins)

    def exclusions(self) -> list[DanluError]:
        """The combinations in the spec that cannot be trained."""
        return excluded(self.spec.values())

    def resolved(self) -> RunSpec:
        """The spec with everything filled that the machine, the method and, as far as it is known,
        the model decide."""
        return resolve_model(resolve(self.spec, self.machine), experts=self._experts())

    def _experts(self) -> bool:
        source = self.spec.model.source
        facts = self.desk.find(f"facts {source}")
        if facts is not None and facts.result is not None:
            return facts.result.experts
        known = model_of(source)
        return known is not None and known.experts

    def changed(self) -> dict[str, Any]:
        """What differs from the spec the draft began with (dotted path → value)."""
        return self._differences(self.given)

    def write(self, path: Path) -> None:
        """Write the spec to ``path`` as YAML; :meth:`changed_since_written` counts from here."""
        write_spec(self.spec, path, header=f"danlu train {path}")
        self.written, self._as_written = path, self.spec

    def changed_since_written(self) -> dict[str, Any]:
        return self._differences(self._as_written)

    def _differences(self, other: RunSpec) -> dict[str, Any]:
        return {
            path: self.spec.get(path)
            for path in PARAMETERS
            if self.spec.get(path) != other.get(path)
        }
