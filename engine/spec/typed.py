"""What a person types for a parameter, in a form field or behind ``--set``, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import DanluError
from engine.spec import yaml_text
from engine.spec.nearest import path_of, unknown_key_error
from engine.spec.parameter import Parameter
from engine.spec.run_spec import plain
from engine.spec.sections import PARAMETERS


def parse_overrides(pairs: Sequence[str]) -> dict[str, Any]:
    """``["train.seed=1", "lora_rank=8"]`` as dotted path → value; a bare name finds its section.
    Raises DanluError for what is not ``name=value`` or no parameter."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise DanluError("spec.not_a_setting", text=pair)
        path = path_of(name)
        if path is None:
            section, dot, rest = name.partition(".")
            raise unknown_key_error([section], rest) if dot else unknown_key_error([], name)
        found[path] = parse_value(PARAMETERS[path], text)
    return found


def parse_value(declared: Parameter, text: str) -> Any:
    """What a person typed for a parameter, as the plain value it means. A value that does not parse
    is returned as the text it is, for the check to name."""
    bare = text.strip()
    match declared.kind:
        case "text":
            return None if declared.optional and bare in ("", "null") else text
        case "choice":
            return None if declared.optional and bare in ("", "null") else bare
        case "texts":
            return _texts(text)
        case "mapping":
            return _mapping(bare)
        case "sources":
            return _sources(bare)
        case _:
            return _number_or_switch(declared, bare)


def _number_or_switch(declared: Parameter, text: str) -> Any:
    if not text:
        return None if declared.optional else text
    value = _yaml(text)
    return value if isinstance(value, bool | int | float | None) else text


def _texts(text: str) -> Any:
    if text.lstrip().startswith("["):
        value = _yaml(text)
        return [str(entry) for entry in value] if isinstance(value, list) else text
    return [line.strip() for line in text.splitlines() if line.strip()]


def _mapping(text: str) -> Any:
    """``{NAME: x, AUTHOR: y}``, with or without the braces, or a name a line."""
    if not text:
        return {}
    for candidate in (text, f"{{{text}}}"):
        value = _yaml(candidate)
        if isinstance(value, dict) and None not in value.values():
            return {str(name): _text_of(entry) for name, entry in value.items()}
    return text


def _sources(text: str) -> Any:
    if not text:
        return []
    if text[0] not in "[{":
        return [line.strip() for line in text.splitlines() if line.strip()]
    value = _yaml(text)
    return [value] if isinstance(value, dict) else value


def _text_of(value: Any) -> Any:
    """Values of a mapping are text: 2 typed behind a name means "2"."""
    return show_value(value) if isinstance(value, bool | int | float) else value


def _yaml(text: str) -> Any:
    try:
        return yaml_text.load(text, "")
    except DanluError:
        return text


def show_value(value: Any) -> str:
    """A plain value as one line, as a form field or a comment shows it; empty for None.
    :func:`parse_value` reads it back."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return yaml_text.number_text(value)
    if value in ([], {}):
        return ""
    return yaml_text.scalar_text(plain(value))
