"""RunSpec: all that is asked of a run, typed, with who chose each value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.spec.parameter import Parameter
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

Chooser = Literal["you", "recipe", "machine", "model", "data", "default"]


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
    # Who chose what is no part of what is asked: two specs that ask the same are equal.
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], by: Chooser = "you") -> RunSpec:
        """A spec from nested plain values, as a YAML file holds them. Raises DanluErrors with every
        unknown key, wrong type, value out of range and excluded combination found."""
        from engine.spec.check import check_mapping

        check_mapping(mapping)
        sections = {name: build_section(name, mapping.get(name) or {}) for name in SECTIONS}
        given = (path for path in PARAMETERS if _chosen(mapping, path))
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
    made = {key: _typed(PARAMETERS[f"{name}.{key}"], value) for key, value in values.items()}
    return SECTIONS[name](**made)


def _typed(declared: Parameter, value: Any) -> Any:
    match declared.kind:
        case "sources":
            return [source_from(entry) for entry in value or []]
        case "texts":
            return list(value or [])
        case "mapping":
            return dict(value or {})
        case "number" if value is not None:
            return float(value)
        case "integer" if value is not None:
            return int(value)  # JSON Schema takes 8.0 for an integer
        case _:
            return value


def source_from(entry: Mapping[str, Any] | str | Source) -> Source:
    """A data source from its YAML form: a mapping, or just the path or id, with the rows to sample
    behind a ``#`` as in ``AI-ModelScope/alpaca-gpt4-data-zh#500``."""
    if isinstance(entry, Source):
        return entry
    if not isinstance(entry, str):
        return Source(**entry)
    name, mark, count = entry.rpartition("#")
    if mark and name and count.isdigit() and int(count) > 0:
        return Source(source=name, sample=int(count))
    return Source(source=entry)


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


def _chosen(mapping: Mapping[str, Any], path: str) -> bool:
    """Whether the mapping gives a value; null leaves the choice to the rule, unless the default is
    another (``save_total_limit: null`` keeps all)."""
    section, _, name = path.partition(".")
    given = mapping.get(section) or {}
    if name not in given:
        return False
    return given[name] is not None or PARAMETERS[path].default is not None
