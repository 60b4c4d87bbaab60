"""Checking a spec: unknown keys, wrong types, values out of range, excluded combinations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from engine.errors import DanluError, DanluErrors
from engine.spec.exclusions import excluded
from engine.spec.nearest import unknown_key_error
from engine.spec.schema import parameter_schema, spec_schema
from engine.spec.sections import PARAMETERS, SECTIONS
from engine.spec.violations import range_text, spec_errors, value_error

__all__ = ["check_mapping", "check_value", "range_text", "unknown_key_error"]


def check_mapping(mapping: Any) -> None:
    """Raise DanluErrors with everything wrong in the nested ``mapping`` of a spec."""
    problems = [
        error for violation in _validator().iter_errors(mapping) for error in spec_errors(violation)
    ]
    if not problems:
        problems = excluded(_complete(mapping))
    if problems:
        raise DanluErrors(problems)


def check_value(path: str, value: Any) -> DanluError | None:
    """What is wrong with one parameter's value, or None: for a form field while it is typed."""
    for violation in _value_validator(path).iter_errors(value):
        return value_error(path, violation, list(violation.absolute_path))
    return None


def _is_finite_number(checker: Any, value: Any) -> bool:
    """YAML can say .nan and .inf, which pass or fail range checks by accident."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite_number),
)


@cache
def _validator() -> Any:
    return _Validator(spec_schema())


@cache
def _value_validator(path: str) -> Any:
    return _Validator(parameter_schema(PARAMETERS[path]))


def _complete(mapping: Mapping[str, Any]) -> dict[str, Any]:
    values = {path: declared.default for path, declared in PARAMETERS.items()}
    for section, given in mapping.items():
        if section in SECTIONS:
            values |= {f"{section}.{name}": value for name, value in (given or {}).items()}
    return values
