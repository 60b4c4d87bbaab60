"""Errors and diagnoses of a run in words: what, why, and the ways out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.runs.journal import Event

Change = dict[str, Any]


@dataclass(frozen=True)
class Trouble:
    """What a person reads of an ``error`` or a ``notice`` event. ``ways`` out are sentences, each
    with the change of settings (dotted path → value) that takes it, where there is one."""

    what: str
    why: str
    ways: tuple[tuple[str, Change | None], ...]
    grave: bool

    @property
    def fixes(self) -> tuple[str, ...]:
        """The ways out, each a sentence."""
        return tuple(text for text, _ in self.ways)


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
    given = [_given(fix) for fix in event.get("fixes") or ()]
    return Trouble(
        what=str(event.get("what") or event.get("text") or code),
        why=str(event.get("why") or ""),
        ways=tuple(way for way in given if way[0]),
        grave=grave,
    )


def _from_catalogue(event: Event, values: Mapping[str, Any]) -> Trouble:
    code = str(event.get("code") or "")
    words.t(f"error_{code}.what", **values)  # KeyError when the code is unknown here
    error = DanluError(code, **values)
    ways = []
    for fix in error.fixes:
        offered = _offered(event, f"error_{code}.fixes.{fix.name}")
        if offered is not None:
            ways.append((error.fix_text(fix), offered[1]))
    every = [(error.fix_text(fix), None) for fix in error.fixes]
    return Trouble(error.what, error.why, tuple(ways or every), grave=True)


def _offered(event: Event, key: str) -> tuple[str, Change | None] | None:
    """The catalogue's fix ``key`` as the event, written in whatever language, offers it."""
    given = dict(_given(fix) for fix in event.get("fixes") or () if isinstance(fix, dict))
    for tongue in words.LANGUAGES:
        with words.speaking(tongue):
            text = words.t(key, **(event.get("values") or {}))
        if text in given:
            return text, given[text]
    return None


def _given(fix: Any) -> tuple[str, Change | None]:
    """A fix as it stands in an event: its sentence, and the change it carries."""
    if not isinstance(fix, dict):
        return str(fix or ""), None
    change = fix.get("set")
    return str(fix.get("text") or ""), change if isinstance(change, dict) and change else None


def _notice(key: str, values: Mapping[str, Any]) -> Trouble:
    why = words.t(f"{key}.why", **values) if words.has(f"{key}.why") else ""
    ways = tuple((words.t(fix, **values), None) for fix in words.keys_below(f"{key}.fixes"))
    return Trouble(words.t(f"{key}.what", **values), why, ways, grave=False)
