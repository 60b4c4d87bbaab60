"""Every key that types a character, by the name Textual has for it.

Textual shortens some names and then cannot tell their characters (in 8.2.8 it has none for
``slash``), so that a screen's binding on ``/`` took the slash from the input being typed in.
"""

from __future__ import annotations

from textual.keys import KEY_NAME_REPLACEMENTS, KEY_TO_UNICODE_NAME


def know_typed_keys() -> None:
    """Teach Textual the characters of the names it shortened."""
    for name, short in KEY_NAME_REPLACEMENTS.items():
        KEY_TO_UNICODE_NAME.setdefault(short, _UNICODE.get(name, name.replace("_", " ").upper()))


_UNICODE = {"hyphen_minus": "HYPHEN-MINUS"}
