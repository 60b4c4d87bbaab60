"""The JSON Schema (draft 2020-12) of a spec, generated from the declarations."""

from __future__ import annotations

from functools import cache
from typing import Any

from engine.spec.parameter import Parameter
from engine.spec.sections import PARAMETERS, SECTIONS

# Not `anyOf`: its violations say only that neither alternative fits, never which key is wrong.
SOURCE_SCHEMA: dict[str, Any] = {
    "type": ["object", "string"],
    "minLength": 1,
    "required": ["source"],
    "additionalProperties": False,
    "properties": {
        "source": {"type": "string", "minLength": 1},
        "sample": {"type": ["integer", "null"], "minimum": 1},
        "share": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
        "repeat": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
        "format": {"type": "string"},
        "subset": {"type": ["string", "null"]},
        "split": {"type": "string"},
        "hub": {"enum": ["auto", "modelscope", "huggingface"]},
        "revision": {"type": ["string", "null"]},
        "columns": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
        "tags": {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
    },
}


@cache
def spec_schema() -> dict[str, Any]:
    """The schema of a whole spec file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "danlu run",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            # What a recipe says of itself; a run does not read it.
            "recipe": {"type": "object"},
            **{section: _section_schema(section) for section in SECTIONS},
        },
    }


def _section_schema(section: str) -> dict[str, Any]:
    own = [declared for declared in PARAMETERS.values() if declared.section == section]
    return {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {declared.name: parameter_schema(declared) for declared in own},
    }


def parameter_schema(declared: Parameter) -> dict[str, Any]:
    """The schema of one value. Lists and mappings may be null, as a YAML key with nothing behind it
    is: that means empty."""
    schema: dict[str, Any]
    match declared.kind:
        case "choice":
            schema = {"enum": [*declared.choices, *([None] if declared.optional else [])]}
        case "texts":
            schema = {"type": ["array", "null"], "items": {"type": "string"}}
        case "mapping":
            schema = {"type": ["object", "null"], "additionalProperties": {"type": "string"}}
        case "sources":
            schema = {"type": ["array", "null"], "items": SOURCE_SCHEMA}
        case "text":
            schema = {"type": _or_null(declared, "string")}
        case _:
            schema = {"type": _or_null(declared, declared.kind)}
    for keyword, bound in (
        ("minimum", declared.low),
        ("exclusiveMinimum", declared.above),
        ("maximum", declared.high),
    ):
        if bound is not None:
            schema[keyword] = bound
    return schema


def _or_null(declared: Parameter, kind: str) -> str | list[str]:
    return [kind, "null"] if declared.optional else kind
