"""The YAML form of a spec: read with numbers as people write them, written with comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from engine import words
from engine.errors import DanluError
from engine.runs.atomic import write_atomically
from engine.spec.parameter import Parameter
from engine.spec.run_spec import Chooser, Origin, RunSpec, plain
from engine.spec.sections import PARAMETERS, SECTIONS


class _Loader(yaml.SafeLoader):
    """Safe, and reads ``1e-4`` as a number, as YAML 1.2 does and people mean."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d[\d_]*)(\.\d*)?[eE][-+]?\d+$"),
    list("-+0123456789"),
)


def read_mapping(path: Path) -> dict[str, Any]:
    """The nested values of a YAML file. Raises DanluError when it cannot be read or is not YAML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DanluError("spec.no_such_file", path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DanluError("spec.unreadable", path=path, reason=error) from error
    return parse_mapping(text, str(path))


def parse_mapping(text: str, path: str) -> dict[str, Any]:
    """The nested values of YAML ``text``; ``path`` names it in an error."""
    try:
        found = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        raise DanluError("spec.not_yaml", path=path, line=line, problem=problem) from error
    if not isinstance(found, dict):
        raise DanluError("spec.not_a_mapping", found=type(found).__name__)
    return found


def read_spec(path: Path, overrides: Mapping[str, Any] | None = None, by: Chooser = "you") -> RunSpec:
    """The spec of a YAML file, relative paths of data taken from the file's folder, with
    ``overrides`` (dotted path → value) laid over it."""
    spec = RunSpec.from_mapping(_anchored(read_mapping(path), path.parent), by=by)
    return spec.with_values(overrides) if overrides else spec


def _anchored(mapping: dict[str, Any], folder: Path) -> dict[str, Any]:
    data = mapping.get("data")
    if isinstance(data, dict):
        for key in ("train", "eval"):
            if isinstance(data.get(key), list):
                data[key] = [_anchor_source(entry, folder) for entry in data[key]]
    return mapping


def _anchor_source(entry: Any, folder: Path) -> Any:
    if isinstance(entry, str):
        beside = folder / entry
        return str(beside.resolve()) if beside.exists() else entry
    if isinstance(entry, dict) and isinstance(entry.get("source"), str):
        return {**entry, "source": _anchor_source(entry["source"], folder)}
    return entry


def parse_overrides(pairs: list[str]) -> dict[str, Any]:
    """``["train.seed=1", "lora_rank=8"]`` as dotted path → value; a bare name finds its section.
    Raises DanluError for what is not ``name=value`` or no parameter."""
    from engine.spec.check import _unknown_key  # one home for "nearest key"

    named = {path.partition(".")[2]: path for path in PARAMETERS}
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise DanluError("spec.not_a_setting", text=pair)
        path = named.get(name, name)
        if path not in PARAMETERS:
            section, dot, rest = name.partition(".")
            raise _unknown_key([section], rest) if dot else _unknown_key([], name)
        found[path] = parse_value(PARAMETERS[path], text)
    return found


def parse_value(declared: Parameter, text: str) -> Any:
    """What a person typed for a parameter, as the plain value it means. A value that does not parse
    is returned as the text it is, for the check to name."""
    if declared.kind == "text":
        return None if declared.optional and text.strip() in ("", "null") else text
    if declared.kind == "texts" and not text.lstrip().startswith("["):
        return [line for line in text.splitlines() if line.strip()]
    if not text.strip():
        return None if declared.optional else [] if declared.kind == "sources" else text
    try:
        value = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError:
        return text
    if declared.kind == "choice":
        return None if value is None else text.strip()
    if declared.kind == "sources" and isinstance(value, str):
        return [value]
    return value


def show_value(value: Any) -> str:
    """A plain value as one line of YAML, as a form field or a comment shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    flow = yaml.safe_dump(plain(value), default_flow_style=True, allow_unicode=True, width=10**6)
    return flow.strip().removesuffix("...").strip()


def _float_text(value: float) -> str:
    text = f"{value:.10g}"
    if "e" in text and "." not in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}.0e{int(exponent)}"
    return text if any(mark in text for mark in ".en") else f"{text}.0"


def to_yaml(spec: RunSpec, header: str = "") -> str:
    """The whole spec as YAML, each value with its label, unit and who chose it as a comment, in the
    current language."""
    lines = [f"# {line}" for line in header.splitlines()]
    for section in SECTIONS:
        lines += ["", f"{section}:"] if lines else [f"{section}:"]
        own = [declared for declared in PARAMETERS.values() if declared.section == section]
        for declared in own:
            lines += _parameter_lines(declared, spec)
    return "\n".join(lines) + "\n"


def _parameter_lines(declared: Parameter, spec: RunSpec) -> list[str]:
    value = plain(spec.get(declared.path))
    comment = declared.label + (f" [{declared.unit}]" if declared.unit else "")
    chosen = origin_text(spec.origin(declared.path))
    if chosen:
        comment += f" · {chosen}"
    block = declared.kind in ("sources", "texts", "mapping") and bool(value)
    if not block:
        return [f"  {declared.name}: {_scalar(value)}  # {comment}"]
    body = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=10**6)
    return [
        f"  {declared.name}:  # {comment}",
        *(f"    {line}" for line in body.rstrip().splitlines()),
    ]


def origin_text(origin: Origin) -> str:
    """Who chose a value, in words; empty for a plain default."""
    if origin.by == "default" and not origin.code:
        return ""
    who = words.t(f"origin.by.{origin.by}")
    if not origin.code:
        return who
    return f"{who}: {words.t(f'origin.{origin.code}', **origin.values)}"


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        return _float_text(value)
    flow = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return flow.strip().removesuffix("...").strip()


def write_spec(spec: RunSpec, path: Path, header: str = "") -> None:
    """Write the spec to ``path``, whole or not at all."""
    write_atomically(path, to_yaml(spec, header))
