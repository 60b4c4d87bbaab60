"""Every word a person reads, in one catalogue per language.

``t("home.quit")`` reads key ``quit`` of ``<language>/home.toml``; areas are loaded when first asked
for, so the first screen pays for its own words only.
"""

from __future__ import annotations

import os
import string
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LANGUAGES = ("en", "zh")
_FOLDER = Path(__file__).parent
_current = "en"
_here: ContextVar[str | None] = ContextVar("language", default=None)


def language() -> str:
    """The language words are given in now: ``en`` or ``zh``."""
    return _here.get() or _current


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Give words in the language ``name`` to this thread alone, for as long as this is open."""
    before = _here.set(name)
    try:
        yield
    finally:
        _here.reset(before)


def use_language(name: str) -> None:
    """Switch every later word to ``name``. Raises ValueError for an unknown language."""
    global _current
    if name not in LANGUAGES:
        raise ValueError(f"no language {name!r}, only {', '.join(LANGUAGES)}")
    _current = name


def language_of_locale() -> str:
    """The language ``LC_ALL``, ``LC_MESSAGES`` or ``LANG`` asks for, else English."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class _Wording(string.Formatter):
    """Texts with placeholders; ``{rows:row|rows}`` is the first word for 1, the second for other
    values of ``rows``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, mark, more = format_spec.partition("|")
        if not mark:
            return format(value, format_spec)
        return one if str(value) == "1" else more

    def fill(self, pattern: str, values: Mapping[str, Any]) -> str:
        """``pattern`` with ``values``. In Chinese a space of the pattern is left out where a value
        begins or ends with a sign that is as wide as two and brings its own."""
        said, after_value = "", False
        for text, name, spec, conversion in self.parse(pattern):
            said += text.removeprefix(" ") if after_value and _brings_space(said[-1:]) else text
            after_value = name is not None
            if name is not None:
                value = self.convert_field(self.get_field(name, (), values)[0], conversion)
                shown = self.format_field(value, spec or "")
                said = said.removesuffix(" ") if _brings_space(shown[:1]) else said
                said += shown
        return said


# Signs that stand in the middle or at the side of two cells, the rest of which is blank.
WIDE_SIGNS = (
    "\uff0c\u3002\uff1b\uff1a\uff01\uff1f\u3001\uff08\uff09\u3010\u3011\u300a\u300b\u300c\u300d"
)


def _brings_space(sign: str) -> bool:
    return bool(sign) and sign in WIDE_SIGNS and language() == "zh"


_WORDING = _Wording()


@cache
def area(name: str, tongue: str) -> dict[str, str]:
    """All words of one area, keys flattened with dots. Raises FileNotFoundError without one."""
    with open(_FOLDER / tongue / f"{name}.toml", "rb") as file:
        return dict(_flatten(tomllib.load(file)))


def _flatten(table: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows += _flatten(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, str(value)))
    return rows


def has(key: str) -> bool:
    """Whether the catalogue has ``key``."""
    name, _, rest = key.partition(".")
    try:
        return rest in area(name, language())
    except FileNotFoundError:
        return False


def sayable(code: str, values: Mapping[str, Any]) -> bool:
    """Whether there are words for ``code``, and all they take in ``values``: what another version
    of danlu wrote down may lack either."""
    try:
        said(code, values)
    except (KeyError, IndexError, ValueError, FileNotFoundError):
        return False
    return True


def t(key: str, /, **values: Any) -> str:
    """The words of ``key`` in the current language, with ``{placeholders}`` filled from ``values``.

    Raises KeyError for a key or a value that is missing: a fault of the program, which tests find.
    """
    name, _, rest = key.partition(".")
    text = area(name, language())[rest]
    return _WORDING.fill(text, values) if values or "{" in text else text


def said(code: str, values: Mapping[str, Any]) -> str:
    """The words of a journalled ``code``. A value that is itself ``{"code": …, "values": …}`` is
    put into words first. Raises KeyError as :func:`t` does."""
    plain = {
        key: said(value["code"], value.get("values") or {})
        if isinstance(value, Mapping) and "code" in value
        else value
        for key, value in values.items()
    }
    return t(code, **plain)


def sentences(*parts: str) -> str:
    """Sentences one after another: a space between them, but beside a wide Chinese sign."""
    joined = ""
    for part in parts:
        beside = joined[-1:] in WIDE_SIGNS or part[:1] in WIDE_SIGNS
        joined += part if beside else f" {part}"
    return joined


def keys_below(prefix: str) -> list[str]:
    """The keys that start with ``prefix`` + ".", in the order the catalogue gives them."""
    name, _, rest = prefix.partition(".")
    start = f"{rest}." if rest else ""
    return [f"{name}.{key}" for key in area(name, language()) if key.startswith(start)]


def placeholders(text: str) -> set[str]:
    """The names of the placeholders in a catalogue text."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}
