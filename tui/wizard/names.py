"""Models and files by the names a person knows them by."""

from __future__ import annotations

from pathlib import Path

from engine import words
from tui.cells import width
from tui.symbols import sign

_LONGEST = 32  # cells of a path in a list


def model_name(source: str) -> str:
    """``SmolLM2-135M-Instruct`` for the embedded one, else the last part of the id or path."""
    if source == "embedded":
        return words.t("wizard.embedded")
    return source.rstrip("/").rpartition("/")[2] if source.startswith(("/", "~", ".")) else source


def bare_model_name(source: str) -> str:
    """The same, not saying of the embedded one that it is, where room is short."""
    from engine.models.embedded import NAME

    return NAME if source == "embedded" else model_name(source)


def short_path(path: Path | str) -> str:
    """``path`` with the home folder as ``~``."""
    text = str(path)
    home = str(Path.home())
    return "~" + text[len(home) :] if home != "/" and text.startswith(f"{home}/") else text


def source_name(source: str) -> str:
    """A data source's id, or the end of its path: folder and file."""
    if not source.startswith(("/", "~", ".")):
        return source
    parts = Path(source).parts
    shown = short_path(source) if len(parts) <= 3 else f"{sign('more')}/{'/'.join(parts[-2:])}"
    return shown if width(shown) <= _LONGEST else Path(source).name
