"""What the person chose for good: language, theme, ASCII drawing; kept in danlu's home."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine import words
from engine.home import home

THEMES = ("furnace", "paper", "ansi")


@dataclass(frozen=True)
class Settings:
    """``language`` is None while the person has not chosen: the locale decides."""

    language: str | None = None
    theme: str = "furnace"
    ascii: bool = False


def settings_path() -> Path:
    """The file the settings stand in."""
    return home() / "settings.json"


def load_settings() -> Settings:
    """The settings on disk; a file that is missing, broken or odd gives the defaults."""
    try:
        found = json.loads(settings_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    return _sound(found) if isinstance(found, dict) else Settings()


def change_settings(**changes: Any) -> Settings:
    """Change some settings on disk, atomically; returns them all. Raises OSError where the home
    cannot be written to."""
    from engine.runs.atomic import write_atomically

    changed = replace(load_settings(), **changes)
    write_atomically(settings_path(), json.dumps(asdict(changed), indent=2) + "\n")
    return changed


def _sound(found: dict[str, Any]) -> Settings:
    language, theme = found.get("language"), found.get("theme")
    return Settings(
        language=language if language in words.LANGUAGES else None,
        theme=theme if theme in THEMES else "furnace",
        ascii=found.get("ascii") is True,
    )
