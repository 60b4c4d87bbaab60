"""Which model lies below an adapter, as a person said it where the adapter's own files do not, or
name a place that is gone: ``$DANLU_HOME/bases.json``."""

from __future__ import annotations

import json
from pathlib import Path

from engine.errors import DanluError
from engine.home import home
from engine.models.foreign import looks_like_id
from engine.runs.atomic import write_atomically

_NAME = "bases.json"


def named_base(adapter: Path) -> str | None:
    """What was said of ``adapter``."""
    return _read().get(str(adapter.resolve()))


def name_base(adapter: Path, base: str) -> None:
    """Remember that ``base`` lies below ``adapter``. Raises DanluError ``chat.cannot_write``."""
    folder = Path(base).expanduser()
    said = str(folder.resolve()) if folder.is_dir() else base
    text = json.dumps({**_read(), str(adapter.resolve()): said}, ensure_ascii=False, indent=1)
    path = home() / _NAME
    try:
        write_atomically(path, text + "\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise DanluError("chat.cannot_write", path=path, reason=reason) from error


def can_be_base(text: str) -> bool:
    """Whether ``text`` names a model: a folder of one, a hub id, or the built-in one."""
    is_model = (Path(text).expanduser() / "config.json").is_file()
    return is_model or text == "embedded" or looks_like_id(text)


def _read() -> dict[str, str]:
    try:
        found = json.loads((home() / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
