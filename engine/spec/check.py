"""Checking a spec: unknown keys, wrong types, values out of range, excluded combinations."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from engine.errors import DanluError, DanluErrors, Fix
from engine.spec.exclusions import excluded
from engine.spec.schema import parameter_schema, spec_schema
from engine.spec.sections import PARAMETERS, SECTIONS


def check_mapping(mapping: Any) -> None:
    """Raise DanluErrors with everything wrong in the nested ``mapping`` of a spec."""
    problems = [
        error
        for violation in _validator().iter_errors(mapping)
        for error in _errors_of(violation)
    ]
    if not problems:
        problems = excluded(_complete(mapping))
    if problems:
        raise DanluErrors(problems)


def check_value(path: str, value: Any) -> DanluError | None:
    """What is wrong with one parameter's value, or None: for a form field while it is typed."""
    for violation in Draft202012Validator(parameter_schema(PARAMETERS[path])).iter_errors(value):
        return _value_error(path, violation)
    return None


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(spec_schema())


def _complete(mapping: Mapping[str, Any]) -> dict[str, Any]:
    values = {path: declared.default for path, declared in PARAMETERS.items()}
    for section, given in mapping.items():
        if section in SECTIONS:
            values |= {f"{section}.{name}": value for name, value in (given or {}).items()}
    return values


def _errors_of(violation: ValidationError) -> list[DanluError]:
    where = [str(part) for part in violation.absolute_path]
    if violation.validator == "additionalProperties" and len(where) < 2:
        known = violation.schema["properties"]
        return [_unknown_key(where, key) for key in violation.instance if key not in known]
    if not where:
        return [DanluError("spec.not_a_mapping", found=_type_name(violation.instance))]
    if len(where) == 1:
        return [
            DanluError(
                "spec.section_not_mapping", section=where[0], found=_type_name(violation.instance)
            )
        ]
    return [_value_error(".".join(where[:2]), violation, ".".join(where))]


def _unknown_key(where: list[str], key: str) -> DanluError:
    path = ".".join([*where, key])
    named = {p.partition(".")[2]: p for p in PARAMETERS}
    if not where:
        close = difflib.get_close_matches(key, [*SECTIONS, *named], n=1)
    else:
        close = [key] if key in named else difflib.get_close_matches(key, named, n=1, cutoff=0.5)
    if not close:
        return DanluError("spec.unknown_key", key=path)
    nearest = named.get(close[0], close[0])
    return DanluError("spec.unknown_key_near", key=path, nearest=nearest)


def _value_error(path: str, violation: ValidationError, where: str | None = None) -> DanluError:
    where = where or path
    declared = PARAMETERS[path]
    back = Fix("use_default", {path: declared.default})
    value = violation.instance
    if violation.validator == "enum":
        choices = [str(choice) for choice in declared.choices]
        close = difflib.get_close_matches(str(value), choices, n=1)
        shown = ", ".join(choices)
        if close:
            fixes = (Fix("use_nearest", {path: close[0]}),)
            return DanluError(
                "spec.not_a_choice_near",
                fixes=fixes,
                key=where,
                value=value,
                choices=shown,
                nearest=close[0],
            )
        return DanluError(
            "spec.not_a_choice",
            fixes=(back,),
            key=where,
            value=value,
            choices=shown,
            default=declared.default,
        )
    if violation.validator in ("minimum", "maximum", "exclusiveMinimum"):
        return DanluError(
            "spec.out_of_range",
            fixes=(back,),
            key=where,
            value=value,
            range=range_text(path),
            default=declared.default,
        )
    return DanluError(
        "spec.wrong_type",
        key=where,
        value=value,
        found=_type_name(value),
        wanted=_wanted(violation, declared.kind),
    )


def range_text(path: str) -> str:
    """``0 < x ≤ 1``: the range of a number parameter; empty where it has none."""
    declared = PARAMETERS[path]
    left = (
        f"{declared.above:g} < "
        if declared.above is not None
        else f"{declared.low:g} ≤ "
        if declared.low is not None
        else ""
    )
    right = f" ≤ {declared.high:g}" if declared.high is not None else ""
    return f"{left}x{right}" if left or right else ""


def _wanted(violation: ValidationError, kind: str) -> str:
    wanted = violation.validator_value if violation.validator == "type" else kind
    return wanted if isinstance(wanted, str) else str(wanted[0])


def _type_name(value: Any) -> str:
    names = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
        type(None): "null",
    }
    return names.get(type(value), type(value).__name__)
