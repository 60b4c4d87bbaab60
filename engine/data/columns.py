"""Which format a row has, by its columns, and its columns under danlu's own names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.data.schema import FORMATS
from engine.errors import DanluError, Fix

_QUERY = ("query", "prompt", "input", "instruction", "question", "problem")
_RESPONSE = (
    "response", "answer", "output", "targets", "target", "answer_key", "answers", "solution",
    "text", "completion", "content",
)  # fmt: skip
_TURNS = ("messages", "conversations", "conversation")
_PREFERENCE = {"chosen", "rejected"}
_ALIASES = {"system_prompt": "system"}
_STRUCTURED = ("messages", "conversations", "history")
_SPELLINGS = {
    "query/response": "query_response",
    "query-response": "query_response",
    "openai": "messages",
    "chatml": "messages",
}


@dataclass(frozen=True)
class Layout:
    """How the rows of one file are read: their format, and danlu's column name → the file's."""

    format: str
    names: Mapping[str, str]

    def row(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The row under danlu's names, structures that are written as JSON text unfolded."""
        row = {name: value[own] for name, own in self.names.items() if own in value}
        for name in _STRUCTURED:
            if isinstance(row.get(name), str):
                row[name] = _unfolded(row[name])
        if self.format == "query_response" and isinstance(row.get("response"), list):
            row["response"] = next(iter(row["response"]), "")
        return row


def check_format(name: str) -> str:
    """``name`` as one of FORMATS or ``auto``. Raises DanluError ``data.unknown_format``."""
    known = _SPELLINGS.get(name.lower(), name.lower())
    if known != "auto" and known not in FORMATS:
        raise DanluError("data.unknown_format", format=name, choices=", ".join(("auto", *FORMATS)))
    return known


def layout_of(
    value: Mapping[str, Any], format: str, columns: Mapping[str, str] | None
) -> Layout | None:
    """How rows like ``value`` are read; None when their columns are of no format danlu knows.

    ``columns`` maps names of the file to those of the format; ``_`` hides a column.
    """
    names = _named(value, columns or {})
    wanted = check_format(format)
    if wanted == "auto":
        detected = _detect(names, value)
        if detected is None:
            return None
        wanted = detected
    return Layout(wanted, _renamed(names, wanted))


def _named(value: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """Lower-case (or mapped) name → the file's name; the first of two that would clash wins."""
    mapped: dict[str, str] = {}
    for own in columns:
        if own in value and columns[own] != "_":
            mapped.setdefault(columns[own].lower(), own)
    for own in value:
        if own not in columns:
            name = str(own).lower()
            mapped.setdefault(_ALIASES.get(name, name), own)
    return mapped


def _detect(names: Mapping[str, str], value: Mapping[str, Any]) -> str | None:
    if names.keys() >= _PREFERENCE:
        return None  # its answers are not in the turns: training on those alone would mislead
    for turns in _TURNS:
        if turns in names:
            return _turn_format(value[names[turns]], turns)
    if "instruction" in names and ("output" in names or "input" in names):
        return "alpaca"
    query, response = _query_and_response(names)
    return "query_response" if query and response else None


def _turn_format(turns: Any, name: str) -> str:
    if isinstance(turns, str):
        turns = _unfolded(turns)
    first = turns[0] if isinstance(turns, list) and turns else None
    if isinstance(first, dict):
        if "role" in first:
            return "messages"
        if {"from", "value", "human", "user"} & first.keys():
            return "sharegpt"
    return "messages" if name == "messages" else "sharegpt"


def _query_and_response(names: Mapping[str, str]) -> tuple[str | None, str | None]:
    query = next((name for name in _QUERY if name in names), None)
    return query, next((name for name in _RESPONSE if name in names), None)


def _renamed(names: Mapping[str, str], format: str) -> dict[str, str]:
    made = dict(names)
    if format == "query_response":
        query, response = _query_and_response(names)
        for new, old in (("query", query), ("response", response)):
            if old:
                made[new] = made.pop(old)
    elif format in ("messages", "sharegpt"):
        target = "messages" if format == "messages" else "conversations"
        old = next((turns for turns in _TURNS if turns in names), None)
        if old:
            made[target] = made.pop(old)
    return made


def _unfolded(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def unknown_columns(value: Mapping[str, Any], file: str, line: int) -> DanluError:
    """The error for rows whose columns danlu does not know."""
    names = {str(name).lower() for name in value}
    if names >= _PREFERENCE or "rejected_response" in names:
        return DanluError("data.preference", fixes=(Fix("other"),), file=file, line=line)
    shown = ", ".join(map(str, value)) or "–"
    return DanluError("data.unknown_columns", file=file, line=line, columns=shown)
