"""RunSpec: all that is asked of a run, typed, with who chose each value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.spec.sections import (
    PARAMETERS,
    SECTIONS,
    Data,
    Method,
    Model,
    Run,
    Source,
    Train,
    Watch,
)

Chooser = Literal["you", "recipe", "machine", "data", "default"]


@dataclass(frozen=True)
class Origin:
    """Who chose a value, and why: ``code`` is a word key below ``origin.``, ``values`` fill it."""

    by: Chooser
    code: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunSpec:
    """A whole run. Immutable; :meth:`with_values` makes a changed copy."""

    run: Run = field(default_factory=Run)
    model: Model = field(default_factory=Model)
    data: Data = field(default_factory=Data)
    method: Method = field(default_factory=Method)
    train: Train = field(default_factory=Train)
    watch: Watch = field(default_factory=Watch)
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], by: Chooser = "you") -> RunSpec:
        """A spec from nested plain values, as a YAML file holds them. Raises DanluErrors with every
        unknown key, wrong type, value out of range and excluded combination found."""
        from engine.spec.check import check_mapping

        check_mapping(mapping)
        sections = {
            name: build_section(name, mapping.get(name) or {}) for name in SECTIONS
        }
        given = (path for path in PARAMETERS if _has(mapping, path))
        return cls(**sections, origins={path: Origin(by) for path in given})

    def get(self, path: str) -> Any:
        """The value of ``section.name``."""
        section, _, name = path.partition(".")
        return getattr(getattr(self, section), name)

    def origin(self, path: str) -> Origin:
        """Who chose the value of ``path``."""
        return self.origins.get(path, Origin("default"))

    def values(self) -> dict[str, Any]:
        """Every value by dotted path."""
        return {path: self.get(path) for path in PARAMETERS}

    def with_values(self, changes: Mapping[str, Any], origin: Origin | Chooser = "you") -> RunSpec:
        """A copy with ``changes`` (dotted path → value), checked. Raises DanluErrors as
        :meth:`from_mapping` does."""
        mapping = self.to_mapping()
        for path, value in changes.items():
            section, _, name = path.partition(".")
            mapping.setdefault(section, {})[name] = value
        made = RunSpec.from_mapping(mapping)
        who = Origin(origin) if isinstance(origin, str) else origin
        return dataclasses.replace(made, origins={**self.origins, **dict.fromkeys(changes, who)})

    def to_mapping(self) -> dict[str, dict[str, Any]]:
        """The whole spec as nested plain values."""
        return {name: plain(getattr(self, name)) for name in SECTIONS}


def build_section(name: str, values: Mapping[str, Any]) -> Any:
    """The section dataclass ``name`` from already checked plain values."""
    made = dict(values)
    for key, value in values.items():
        declared = PARAMETERS[f"{name}.{key}"]
        if declared.kind == "sources":
            made[key] = [source_from(entry) for entry in value or []]
        elif declared.kind == "number" and isinstance(value, int):
            made[key] = float(value)
    return SECTIONS[name](**made)


def source_from(entry: Mapping[str, Any] | str) -> Source:
    """A data source from its YAML form: a mapping, or just the path or id."""
    return Source(source=entry) if isinstance(entry, str) else Source(**entry)


def plain(value: Any) -> Any:
    """Dataclasses as dicts of plain values; a source without what is default."""
    if isinstance(value, Source):
        given = {
            item.name: getattr(value, item.name)
            for item in dataclasses.fields(value)
            if item.default is dataclasses.MISSING or getattr(value, item.name) != item.default
        }
        return given
    if dataclasses.is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return dict(value) if isinstance(value, dict) else value


def _has(mapping: Mapping[str, Any], path: str) -> bool:
    section, _, name = path.partition(".")
    return name in (mapping.get(section) or {})
