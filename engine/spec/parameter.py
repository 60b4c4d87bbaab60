"""What stands about one parameter, once: type, range, choices, default, level, when it applies.

A parameter is a field of a section dataclass (``sections.py``), made with :func:`parameter`. The
JSON Schema, the form, the command line, the comments of a spec and the reference page are all read
from :data:`engine.spec.sections.PARAMETERS`. Its words stand in ``param_<section>.toml``:
``label``, ``help`` and, for choices, ``choices.<choice>``.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine import words
from engine.units import with_unit

Level = Literal["basic", "expert"]
Kind = Literal["integer", "number", "boolean", "choice", "text", "texts", "mapping", "sources"]
Condition = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Parameter:
    """One parameter. ``path`` is ``section.name``; an ``optional`` one may be None: left to
    ``rule``."""

    path: str
    kind: Kind
    default: Any
    optional: bool
    choices: tuple[str, ...]
    low: float | None
    above: float | None
    high: float | None
    unit: str
    level: Level
    rule: str | None
    applies: Condition
    required: bool

    @property
    def section(self) -> str:
        return self.path.partition(".")[0]

    @property
    def name(self) -> str:
        return self.path.partition(".")[2]

    @property
    def label(self) -> str:
        return words.t(f"param_{self.path}.label")

    @property
    def help(self) -> str:
        return words.t(f"param_{self.path}.help")

    @property
    def unit_text(self) -> str:
        """The unit in words; empty for a bare number."""
        return words.t(f"unit.{self.unit}") if self.unit else ""

    def with_unit(self, value: str) -> str:
        """``value`` as it is shown, and its unit where it has one: ``1 row``, ``16 rows``."""
        return with_unit(value, self.unit) if self.unit else value

    def choice_label(self, choice: str) -> str:
        """What ``choice`` means, in words."""
        return words.t(f"param_{self.path}.choices.{choice}")

    def rule_text(self) -> str:
        """Who sets the value where nobody does, and how; empty where the default is fixed."""
        return words.t(f"rule.{self.rule}") if self.rule else ""

    def applies_to(self, values: Mapping[str, Any]) -> bool:
        """Whether the parameter means anything beside the other ``values`` (by dotted path)."""
        return all(values.get(path) in wanted for path, wanted in self.applies.items())


def parameter(
    default: Any = dataclasses.MISSING,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    unit: str = "",
    level: Level = "basic",
    rule: str | None = None,
    applies: Condition | None = None,
    required: bool = False,
) -> Any:
    """A dataclass field that declares a parameter. ``low``/``high`` are inclusive, ``above`` is
    not; ``rule`` names who sets it when nobody does (words in ``rule.toml``)."""
    facts = dict(
        low=low,
        above=above,
        high=high,
        unit=unit,
        level=level,
        rule=rule,
        applies=applies or {},
        required=required,
    )
    if isinstance(default, list | dict):
        return dataclasses.field(default_factory=default.copy, metadata=facts)
    return dataclasses.field(default=default, metadata=facts)


def parameters_of(section: str, declaration: type) -> dict[str, Parameter]:
    """The parameters a section dataclass declares, by path."""
    hints = typing.get_type_hints(declaration)
    found: dict[str, Parameter] = {}
    for field in dataclasses.fields(declaration):
        if "level" not in field.metadata:
            continue
        kind, choices, optional = _kind_of(hints[field.name])
        factory = field.default_factory
        default = factory() if factory is not dataclasses.MISSING else field.default
        path = f"{section}.{field.name}"
        found[path] = Parameter(path, kind, default, optional, choices, **field.metadata)
    return found


def _kind_of(hint: Any) -> tuple[Kind, tuple[str, ...], bool]:
    optional = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        optional = len(members) < len(typing.get_args(hint))
        hint = members[0]
    origin = typing.get_origin(hint)
    if origin is Literal:
        return "choice", typing.get_args(hint), optional
    if origin is dict:
        return "mapping", (), optional
    if origin is list:
        return ("texts" if typing.get_args(hint)[0] is str else "sources"), (), optional
    kinds: dict[type, Kind] = {bool: "boolean", int: "integer", float: "number", str: "text"}
    return kinds[hint], (), optional
