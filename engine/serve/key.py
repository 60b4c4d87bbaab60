"""The key clients must show: taken from where it is safe, kept in a file only its owner can read.

It is never an argument of a process, nor in a log or journal. The file holds the HTTP header, for
``curl -H @FILE`` to read.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from engine.errors import DanluError

VARIABLE = "DANLU_API_KEY"
_FILE = "authorization"
_HEADER = "Authorization: Bearer "
_KEY = re.compile(r"[!-~]{8,}")


def given_key(text: str | None) -> str | None:
    """The key ``text`` stands for: itself, ``env`` for $DANLU_API_KEY, ``new`` for a fresh one.
    Raises DanluError ``serve.no_key_in_environment``, ``serve.weak_key``."""
    if text is None:
        return None
    if text == "new":
        return secrets.token_urlsafe(24)
    if text == "env":
        text = os.environ.get(VARIABLE, "")
        if not text:
            raise DanluError("serve.no_key_in_environment", variable=VARIABLE)
    if not _KEY.fullmatch(text):
        raise DanluError("serve.weak_key")
    return text


def key_file(folder: Path) -> Path:
    """Where the key of the server in ``folder`` stands."""
    return folder / _FILE


def keep_key(folder: Path, key: str) -> None:
    """Write the key where only this user reads it."""
    descriptor = os.open(key_file(folder), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{_HEADER}{key}\n")


def read_key(folder: Path) -> str:
    """The key of the server in ``folder``. Raises OSError where it has none."""
    return key_file(folder).read_text(encoding="ascii").removeprefix(_HEADER).strip()


def forget_key(folder: Path) -> None:
    """Remove the key of the server in ``folder``, if it has one."""
    key_file(folder).unlink(missing_ok=True)
