"""Checking a row against its format's JSON Schema: quickly when it is good, in words when not.

Most rows are good, so each schema is also compiled to one plain predicate; jsonschema is asked only
about rows the predicate refuses, to say where and why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.finding import Finding, found

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from engine.data.columns import Layout

_TURNS = ("alpaca", "sharegpt", "messages", "query_response")
FORMATS: dict[str, tuple[str, ...]] = {  # by stage
    "sft": _TURNS,
    "pt": ("text", "messages"),
    "dpo": (*_TURNS, "pair"),
    "kto": _TURNS,
    "grpo": _TURNS,
}
STAGES = tuple(FORMATS)
_FOLDER = Path(__file__).parents[1] / "schemas" / "data"
_Predicate = Callable[[Any], bool]
_TYPES: dict[str, _Predicate] = {
    "string": lambda value: isinstance(value, str),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


@cache
def schema_of(format: str, stage: str = "sft") -> dict[str, Any]:
    """The JSON Schema of one of the stage's FORMATS, with what it refers to in its place."""
    return _inlined(_file(f"{stage}_{format}.json"))


@cache
def _file(name: str) -> dict[str, Any]:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))


def _inlined(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_inlined(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        file, _, name = schema["$ref"].partition("#/$defs/")
        return _inlined(_file(file)["$defs"][name])
    return {key: part if key == "examples" else _inlined(part) for key, part in schema.items()}


def problems(row: Mapping[str, Any], layout: Layout, file: str, line: int) -> list[Finding]:
    """Everything in ``row`` (under danlu's names) that its format does not allow; findings speak of
    the file's own names."""
    if accepts(layout.format, layout.stage)(row):
        return []
    errors = _validator(layout.format, layout.stage).iter_errors(row)
    return [_finding(error, file, line, layout) for error in errors]


@cache
def accepts(format: str, stage: str = "sft") -> _Predicate:
    """A predicate that holds exactly for the rows the schema of ``format`` allows."""
    return _compiled(schema_of(format, stage))


@cache
def _validator(format: str, stage: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema_of(format, stage))


def _compiled(schema: Mapping[str, Any]) -> _Predicate:
    tests = [make(schema) for keyword, make in _KEYWORDS.items() if keyword in schema]
    if len(tests) == 1:
        return tests[0]
    return lambda value: all(test(value) for test in tests)


def _type(schema: Mapping[str, Any]) -> _Predicate:
    wanted = schema["type"]
    if isinstance(wanted, str):
        return _TYPES[wanted]
    tests = [_TYPES[name] for name in wanted]
    return lambda value: any(test(value) for test in tests)


def _required(schema: Mapping[str, Any]) -> _Predicate:
    keys = schema["required"]
    return lambda value: not isinstance(value, dict) or all(key in value for key in keys)


def _properties(schema: Mapping[str, Any]) -> _Predicate:
    tests = {key: _compiled(below) for key, below in schema["properties"].items()}
    return lambda value: (
        not isinstance(value, dict)
        or all(test(value[key]) for key, test in tests.items() if key in value)
    )


def _items(schema: Mapping[str, Any]) -> _Predicate:
    test = _compiled(schema["items"])
    return lambda value: not isinstance(value, list) or all(map(test, value))


def _pattern(schema: Mapping[str, Any]) -> _Predicate:
    search = re.compile(schema["pattern"]).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _enum(schema: Mapping[str, Any]) -> _Predicate:
    choices = schema["enum"]
    return lambda value: value in choices


def _size(schema: Mapping[str, Any]) -> _Predicate:
    low, high = schema.get("minItems", 0), schema.get("maxItems", float("inf"))
    return lambda value: not isinstance(value, list) or low <= len(value) <= high


def _any_of(schema: Mapping[str, Any]) -> _Predicate:
    tests = [_compiled(below) for below in schema["anyOf"]]
    return lambda value: any(test(value) for test in tests)


def _not(schema: Mapping[str, Any]) -> _Predicate:
    test = _compiled(schema["not"])
    return lambda value: not test(value)


def _if(schema: Mapping[str, Any]) -> _Predicate:
    test = _compiled(schema["if"])
    then, otherwise = _compiled(schema.get("then", {})), _compiled(schema.get("else", {}))
    return lambda value: then(value) if test(value) else otherwise(value)


_KEYWORDS: dict[str, Callable[[Mapping[str, Any]], _Predicate]] = {
    "type": _type,
    "required": _required,
    "properties": _properties,
    "items": _items,
    "pattern": _pattern,
    "enum": _enum,
    "minItems": _size,
    "anyOf": _any_of,
    "not": _not,
    "if": _if,
}


def _finding(error: ValidationError, file: str, line: int, layout: Layout) -> Finding:
    path = [str(part) for part in error.absolute_path]
    parts = layout.own(path)
    kind: str = error.validator  # type: ignore[assignment]  # unset only before validation
    if kind in ("required", "anyOf"):
        *above, shown = layout.own([*path, _missing(error)])
        return found("missing_field", file, line, pointer([*above, shown]), field=shown)
    where, name = pointer(parts), parts[-1] if parts else ""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    code = schema.get("x-finding-type" if kind == "type" else "x-finding")
    if code:
        return found(code, file, line, where, field=name, value=shorten(error.instance))
    if kind == "type":
        wanted: Any = error.validator_value
        choices = wanted if isinstance(wanted, str) else " | ".join(wanted)
        kinds: dict[str, Any] = {"found": type_name(error.instance), "wanted": choices}
        return found("wrong_type", file, line, where, field=name, **kinds)
    return found("not_a_pair", file, line, where, field=name)


def _missing(error: ValidationError) -> str:
    if error.validator == "anyOf":
        return "assistant"
    present = error.instance if isinstance(error.instance, Mapping) else {}
    needed: Any = error.validator_value
    absent = [key for key in needed if key not in present]
    # jsonschema gives one error a missing key, in order: its message starts with that key.
    return next((key for key in absent if error.message.startswith(repr(key))), absent[0])


def pointer(parts: list[str]) -> str:
    """The JSON pointer of a path (RFC 6901)."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def type_name(value: Any) -> str:
    """The JSON name of a value's type."""
    return next((name for name, test in _TYPES.items() if test(value)), type(value).__name__)


def shorten(value: Any, width: int = 40) -> str:
    """A value as it may stand within a sentence."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= width else text[: width - 1] + "…"


def listed(names: Iterable[Any], most: int = 12) -> str:
    """Names as they may stand within a sentence: the first ones, and how many more there are."""
    every = list(names)
    shown = ", ".join(shorten(str(name)) for name in every[:most]) or "–"
    return shown if len(every) <= most else f"{shown} … (+{len(every) - most})"
