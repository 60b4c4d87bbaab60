"""The reference of all parameters, from their declarations: rows, details and a JSON Schema that
says in the current language what each is for."""

from __future__ import annotations

import copy
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.spec.nearest import path_of, unknown_key_error
from engine.spec.parameter import Parameter
from engine.spec.run_spec import plain
from engine.spec.schema import parameter_schema, spec_schema
from engine.spec.sections import PARAMETERS, SECTIONS
from engine.spec.typed import show_value
from engine.spec.violations import range_text


def find_parameters(name: str | None) -> list[Parameter]:
    """The parameters ``name`` means: all of a section, one by path or bare name, or every one.
    Raises DanluError, naming the nearest, when there is none."""
    if name is None:
        return list(PARAMETERS.values())
    if name in SECTIONS:
        return [declared for declared in PARAMETERS.values() if declared.section == name]
    path = path_of(name)
    if path:
        return [PARAMETERS[path]]
    section, dot, rest = name.partition(".")
    error: DanluError = unknown_key_error([section], rest) if dot else unknown_key_error([], name)
    raise error


def accepts(declared: Parameter) -> str:
    """What may be written for it: its choices, or its type, range and unit."""
    if declared.choices:
        return " | ".join(declared.choices)
    kind = words.t(f"kind.{declared.kind}")
    limits = range_text(declared.path)
    unit = declared.unit_text
    return kind + (f", {limits}" if limits else "") + (f" [{unit}]" if unit else "")


def default_text(declared: Parameter) -> str:
    """The default, or in words what sets the value where nobody does."""
    if declared.default is None:
        return declared.rule_text() or words.t("reference.empty")
    shown = show_value(plain(declared.default)) or words.t("reference.empty")
    by_rule = declared.rule and declared.default == "auto"
    return f"{shown} ({declared.rule_text()})" if by_rule else shown


def condition_text(declared: Parameter) -> str:
    """When it means anything: ``tuner = lora``; empty for always."""
    parts = (
        f"{path.partition('.')[2]} = {' | '.join(str(value) for value in wanted)}"
        for path, wanted in declared.applies.items()
    )
    return ", ".join(parts)


def detail_lines(declared: Parameter) -> list[str]:
    """All there is to say about one parameter, as Markdown."""
    condition = condition_text(declared)
    lines = [
        f"### {declared.path} · {declared.label}",
        "",
        declared.help,
        "",
        f"- {words.t('reference.accepts')}: {accepts(declared)}",
        *(f"  - {choice}: {declared.choice_label(choice)}" for choice in declared.choices),
        f"- {words.t('reference.default')}: {default_text(declared)}",
    ]
    if condition:
        lines.append(f"- {words.t('reference.applies')}: {condition}")
    lines.append(f"- {words.t('reference.level')}: {words.t(f'reference.{declared.level}')}")
    return lines


def schema_document(name: str | None = None) -> dict[str, Any]:
    """The JSON Schema of a spec, or of the parameter ``name``, with titles, descriptions, defaults
    and units. Raises DanluError for no such parameter."""
    if name and name not in SECTIONS:
        return _annotated(find_parameters(name)[0])
    document = copy.deepcopy(spec_schema())
    for section in SECTIONS:
        own = document["properties"][section]
        own["title"] = words.t(f"section.{section}.label")
        own["description"] = words.t(f"section.{section}.help")
        own["properties"] = {d.name: _annotated(d) for d in find_parameters(section)}
    return document["properties"][name] if name else document


def _annotated(declared: Parameter) -> dict[str, Any]:
    made = {
        "title": declared.label,
        "description": declared.help,
        **copy.deepcopy(parameter_schema(declared)),
        "default": plain(declared.default),
    }
    if declared.unit:
        made["x-unit"] = declared.unit
    if declared.rule:
        made["x-set-by"] = declared.rule_text()
    if declared.choices:
        made["x-choices"] = {choice: declared.choice_label(choice) for choice in declared.choices}
    return made
