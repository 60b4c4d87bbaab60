"""Errors and diagnoses of a run in words: what, why, and the ways out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.runs.journal import Event


@dataclass(frozen=True)
class Trouble:
    """What a person reads of an ``error`` or a ``notice`` event."""

    what: str
    why: str
    fixes: tuple[str, ...]
    grave: bool


def trouble_of(event: Event) -> Trouble:
    """The event in the language in use; its own texts where the catalogue lacks its code."""
    grave = event["kind"] == "error"
    code = str(event.get("code") or "")
    values: Mapping[str, Any] = event.get("values") or event.get("evidence") or {}
    if not isinstance(values, Mapping):
        values = {}
    try:
        if grave:
            return _from_catalogue(event, values)
        if words.has(f"notice.{code}.what"):
            return _notice(f"notice.{code}", values)
    except (KeyError, IndexError, ValueError, FileNotFoundError):
        pass  # an event of another version: it brings its own texts
    fixes = (fix.get("text") if isinstance(fix, dict) else fix for fix in event.get("fixes") or ())
    return Trouble(
        what=str(event.get("what") or event.get("text") or code),
        why=str(event.get("why") or ""),
        fixes=tuple(str(fix) for fix in fixes if fix),
        grave=grave,
    )


def _from_catalogue(event: Event, values: Mapping[str, Any]) -> Trouble:
    code = str(event.get("code") or "")
    words.t(f"error_{code}.what", **values)  # KeyError when the code is unknown here
    error = DanluError(code, **values)
    offered = [fix for fix in error.fixes if _was_offered(event, f"error_{code}.fixes.{fix.name}")]
    fixes = tuple(error.fix_text(fix) for fix in offered or error.fixes)
    return Trouble(error.what, error.why, fixes, grave=True)


def _was_offered(event: Event, key: str) -> bool:
    """Whether the event, written in whatever language, offers the catalogue's fix ``key``."""
    given = {fix.get("text") for fix in event.get("fixes") or () if isinstance(fix, dict)}
    area, _, rest = key.partition(".")
    texts = (words.area(area, tongue).get(rest, "") for tongue in words.LANGUAGES)
    return any(text.format(**(event.get("values") or {})) in given for text in texts)


def _notice(key: str, values: Mapping[str, Any]) -> Trouble:
    why = words.t(f"{key}.why", **values) if words.has(f"{key}.why") else ""
    fixes = tuple(words.t(fix, **values) for fix in words.keys_below(f"{key}.fixes"))
    return Trouble(words.t(f"{key}.what", **values), why, fixes, grave=False)
