"""The YAML form of a spec: read with numbers as people write them, written with comments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.runs.atomic import write_atomically
from engine.spec import yaml_text
from engine.spec.anchor import anchor_mapping, anchor_overrides
from engine.spec.parameter import Parameter
from engine.spec.run_spec import Chooser, Origin, RunSpec, plain
from engine.spec.sections import PARAMETERS, SECTIONS
from engine.spec.typed import parse_overrides, parse_value, show_value
from engine.spec.violations import type_words

__all__ = [
    "origin_text",
    "parse_mapping",
    "parse_overrides",
    "parse_value",
    "read_mapping",
    "read_spec",
    "show_value",
    "to_yaml",
    "write_spec",
]


def read_mapping(path: Path) -> dict[str, Any]:
    """The nested values of a YAML file. Raises DanluError when it cannot be read or is not YAML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DanluError("spec.no_such_file", path=path) from None
    except UnicodeDecodeError as error:
        raise DanluError("spec.not_text", path=path) from error
    except OSError as error:
        raise DanluError("spec.unreadable", path=path, reason=error.strerror) from error
    return parse_mapping(text, str(path))


def parse_mapping(text: str, path: str) -> dict[str, Any]:
    """The nested values of YAML ``text``; ``path`` names it in an error."""
    found = yaml_text.load(text, path)
    if not isinstance(found, dict):
        raise DanluError("spec.not_a_mapping", found=type_words(found))
    return found


def read_spec(
    path: Path, overrides: Mapping[str, Any] | None = None, by: Chooser = "you"
) -> RunSpec:
    """The spec of a YAML file with ``overrides`` (dotted path → value) laid over it. Relative paths
    are taken from the file's folder, else from the current one; those of overrides from the current
    one. Raises DanluError or DanluErrors with all that is wrong."""
    here = Path.cwd()
    mapping = anchor_mapping(read_mapping(path), (path.resolve().parent, here))
    spec = RunSpec.from_mapping(mapping, by=by)
    return spec.with_values(anchor_overrides(overrides, here)) if overrides else spec


def to_yaml(spec: RunSpec, header: str = "", only: Collection[str] | None = None) -> str:
    """The spec as YAML, each value with its label, unit and who chose it as a comment, in the
    current language. The whole spec, or ``only`` these parameters (dotted paths)."""
    lines = [f"# {line}" for line in header.splitlines()]
    for section in SECTIONS:
        own = [
            declared
            for declared in PARAMETERS.values()
            if declared.section == section and (only is None or declared.path in only)
        ]
        if own:
            lines += ["", f"{section}:"] if lines else [f"{section}:"]
        for declared in own:
            lines += _parameter_lines(declared, spec)
    return "\n".join(lines) + "\n"


def _parameter_lines(declared: Parameter, spec: RunSpec) -> list[str]:
    value = plain(spec.get(declared.path))
    comment = " · ".join(
        part
        for part in (
            declared.label + (f" [{declared.unit_text}]" if declared.unit else ""),
            " | ".join(declared.choices),
            "" if value is not None else declared.rule_text(),
            origin_text(spec.origin(declared.path)),
        )
        if part
    )
    if not (declared.kind in ("sources", "texts", "mapping") and value):
        return [f"  {declared.name}: {yaml_text.scalar_text(value)}  # {comment}"]
    body = yaml_text.block_text(value).split("\n")
    return [f"  {declared.name}:  # {comment}", *(f"    {line}" for line in body)]


def origin_text(origin: Origin) -> str:
    """Who chose a value, in words; empty for a plain default."""
    if origin.by == "default" and not origin.code:
        return ""
    who = words.t(f"origin.by.{origin.by}")
    if not origin.code:
        return who
    return words.t(
        "reference.chosen_by", who=who, why=words.t(f"origin.{origin.code}", **origin.values)
    )


def write_spec(spec: RunSpec, path: Path, header: str = "") -> None:
    """Write the spec to ``path``, whole or not at all."""
    write_atomically(path, to_yaml(spec, header))
