"""The right name for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from engine.errors import DanluError
from engine.spec.sections import PARAMETERS, SECTIONS

_BY_NAME = {declared.name: path for path, declared in PARAMETERS.items()}


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """The one of ``right`` that looks most like ``wrong``; None when none does."""
    by_lower = {name.lower(): name for name in right}
    found = difflib.get_close_matches(wrong.lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None


def path_of(name: str) -> str | None:
    """The dotted path of a parameter given by path or by its bare name; None for no parameter."""
    return name if name in PARAMETERS else _BY_NAME.get(name)


def unknown_key_error(where: Sequence[str], key: str) -> DanluError:
    """The error for ``key``, found at the top of a spec (``where`` empty) or in a section, naming
    the nearest parameter: the same name in another section, or one that looks like it."""
    path = ".".join([*where, key])
    in_section = [d.name for d in PARAMETERS.values() if d.section in where]
    if key in _BY_NAME:
        close: str | None = key
    elif where:
        close = nearest(key, in_section) or nearest(key, _BY_NAME)
    else:
        close = nearest(key, [*SECTIONS, *_BY_NAME])
    if not close:
        return DanluError("spec.unknown_key", key=path)
    own = f"{where[0]}.{close}" if where else ""
    found = own if own in PARAMETERS else _full_name(close, where)
    return DanluError("spec.unknown_key_near", key=path, nearest=found)


def _full_name(close: str, where: Sequence[str]) -> str:
    return close if not where and close in SECTIONS else _BY_NAME.get(close, close)
