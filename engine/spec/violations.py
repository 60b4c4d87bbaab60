"""What jsonschema finds wrong, as named errors with the way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import words
from engine.errors import DanluError, Fix
from engine.spec.nearest import nearest, unknown_key_error
from engine.spec.sections import PARAMETERS

Violation = Any  # jsonschema's ValidationError, whose fields its types call unset


def spec_errors(violation: Violation) -> list[DanluError]:
    """The errors one violation of the schema of a whole spec stands for."""
    where = list(violation.absolute_path)
    unknown = violation.validator == "additionalProperties"
    if unknown and len(where) < 2:
        known = violation.schema["properties"]
        section = [str(part) for part in where]
        return [unknown_key_error(section, str(k)) for k in violation.instance if k not in known]
    if not where:
        return [DanluError("spec.not_a_mapping", found=type_words(violation.instance))]
    if len(where) == 1:
        found = type_words(violation.instance)
        return [DanluError("spec.section_not_mapping", section=where[0], found=found)]
    return [value_error(f"{where[0]}.{where[1]}", violation, where[2:])]


def value_error(path: str, violation: Violation, inside: Sequence[Any] = ()) -> DanluError:
    """The error for a violation by the value of parameter ``path``; ``inside`` leads on to the part
    of the value at fault, as ``[0, "sample"]``."""
    key = path + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in inside)
    match violation.validator:
        case "enum":
            return _not_a_choice(path, key, violation.instance)
        case "minimum" | "maximum" | "exclusiveMinimum":
            return _out_of_range(path, key, violation, bool(inside))
        case "additionalProperties":
            return _unknown_part(key, violation)
        case "required":
            return DanluError("spec.part_missing", key=key, part=violation.validator_value[0])
        case "minLength":
            return DanluError("spec.empty", key=key)
        case _:
            return _wrong_type(key, violation)


def _not_a_choice(path: str, key: str, value: Any) -> DanluError:
    declared = PARAMETERS[path]
    shown = ", ".join(declared.choices)
    close = nearest(str(value), declared.choices)
    if close:
        fix = Fix("use_nearest", {path: close})
        return DanluError(
            "spec.not_a_choice_near",
            fixes=(fix,),
            key=key,
            value=value,
            choices=shown,
            nearest=close,
        )
    fix = Fix("use_default", {path: declared.default})
    return DanluError(
        "spec.not_a_choice",
        fixes=(fix,),
        key=key,
        value=value,
        choices=shown,
        default=declared.default,
    )


def _out_of_range(path: str, key: str, violation: Violation, inside: bool) -> DanluError:
    declared = PARAMETERS[path]
    value = _number_text(violation.instance)
    if inside:
        limits = _limits_text(violation.schema)
        return DanluError("spec.part_out_of_range", key=key, value=value, range=limits)
    if declared.default is None:
        fix, shown = Fix("leave_empty", {path: None}), ""
    else:
        fix, shown = Fix("use_default", {path: declared.default}), _number_text(declared.default)
    return DanluError(
        "spec.out_of_range",
        fixes=(fix,),
        key=key,
        value=value,
        range=range_text(path),
        default=shown,
        rule=declared.rule_text(),
    )


def _unknown_part(key: str, violation: Violation) -> DanluError:
    known = violation.schema["properties"]
    wrong = next(str(name) for name in violation.instance if name not in known)
    close = nearest(wrong, known)
    if close:
        return DanluError("spec.unknown_key_near", key=f"{key}.{wrong}", nearest=close)
    return DanluError("spec.unknown_part", key=f"{key}.{wrong}", parts=", ".join(known))


def _wrong_type(key: str, violation: Violation) -> DanluError:
    wanted = violation.validator_value
    first = wanted if isinstance(wanted, str) else wanted[0]
    fix = "quote" if first == "string" else "correct"
    return DanluError(
        "spec.wrong_type",
        fixes=(Fix(fix),),
        key=key,
        value=violation.instance,
        found=type_words(violation.instance),
        wanted=words.t(f"kind.{first}"),
    )


def range_text(path: str) -> str:
    """``0 < x ≤ 1``: the range of a number parameter; empty where it has none."""
    declared = PARAMETERS[path]
    return _bounds_text(declared.low, declared.above, declared.high)


def _limits_text(schema: Any) -> str:
    return _bounds_text(
        schema.get("minimum"), schema.get("exclusiveMinimum"), schema.get("maximum")
    )


def _bounds_text(low: float | None, above: float | None, high: float | None) -> str:
    if above is not None:
        left = f"{_number_text(above)} < "
    else:
        left = f"{_number_text(low)} ≤ " if low is not None else ""
    right = f" ≤ {_number_text(high)}" if high is not None else ""
    return f"{left}x{right}" if left or right else ""


def _number_text(value: float) -> str:
    whole = isinstance(value, int) or (abs(value) < 1e15 and value == int(value))
    return str(int(value)) if whole else f"{value:g}"


_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
)


def type_words(value: Any) -> str:
    """What kind of value this is, in words."""
    name = next((name for kind, name in _TYPES if isinstance(value, kind)), "other")
    return words.t(f"kind.{name}")
