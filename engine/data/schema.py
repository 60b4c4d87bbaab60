"""Checking a row against its format's JSON Schema: quickly when it is good, in words when not.

Most rows are good, so each schema is also compiled to one plain predicate; jsonschema is asked only
about rows the predicate refuses, to say where and why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.finding import Finding, found

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

FORMATS = ("alpaca", "sharegpt", "messages", "query_response")
_FOLDER = Path(__file__).parent / "schemas"
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
def schema_of(format: str) -> dict[str, Any]:
    """The JSON Schema of one of FORMATS."""
    return json.loads((_FOLDER / f"{format}.json").read_text(encoding="utf-8"))


def problems(
    row: Mapping[str, Any], format: str, file: str, line: int, names: Mapping[str, str]
) -> list[Finding]:
    """Everything in ``row`` that its format does not allow; ``names`` maps danlu's column names to
    the file's, which the findings speak of."""
    if accepts(format)(row):
        return []
    return [_finding(error, file, line, names) for error in _validator(format).iter_errors(row)]


@cache
def accepts(format: str) -> _Predicate:
    """A predicate that holds exactly for the rows the schema of ``format`` allows."""
    return _compiled(schema_of(format))


@cache
def _validator(format: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema_of(format))


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


def _finding(error: ValidationError, file: str, line: int, names: Mapping[str, str]) -> Finding:
    parts = [str(part) for part in error.absolute_path]
    if parts:
        parts[0] = names.get(parts[0], parts[0])
    kind: str = error.validator  # type: ignore[assignment]  # unset only before validation
    if kind in ("required", "anyOf"):
        missing = _missing(error)
        shown = names.get(missing, missing) if not parts else missing
        return found("missing_field", file, line, pointer([*parts, shown]), field=shown)
    where, name = pointer(parts), parts[-1] if parts else ""
    if kind == "type":
        wanted: Any = error.validator_value
        choices = wanted if isinstance(wanted, str) else " | ".join(wanted)
        kinds: dict[str, Any] = {"found": type_name(error.instance), "wanted": choices}
        return found("wrong_type", file, line, where, field=name, **kinds)
    code = error.schema.get("x-finding") if isinstance(error.schema, Mapping) else None
    if code and kind in ("pattern", "enum", "minItems"):
        return found(code, file, line, where, field=name, value=shorten(error.instance))
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
