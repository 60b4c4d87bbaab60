"""A kept evaluation on one line: on what, how well, how long ago."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.text import Text
from textual.widget import Widget

from engine.units import human_duration
from engine.words import t
from tui.cells import fit
from tui.ink import ink
from tui.metric_words import main_metric, metric_name, number

_FIGURE, _AGE = 22, 12


def evaluation_line(widget: Widget, document: dict[str, Any], cells: int) -> Text:
    """``news.jsonl · identity/checkpoint-160   accuracy 82.10   2:00:00 ago``."""
    name = main_metric(document["metrics"])
    figure = f"{metric_name(name)} {number(name, document['metrics'][name])}" if name else ""
    label = f"{Path(document['data']).name} · {document['target']}"
    text = Text(fit(label, max(20, cells - _FIGURE - _AGE - 2))).append("  ")
    text.append(fit(figure, _FIGURE), ink(widget, "foreground"))
    ago = t("evaluate_screen.ago", time=human_duration(_age(Path(document["path"]))))
    return text.append(ago, ink(widget, "ash"))


def _age(path: Path) -> float | None:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:  # deleted meanwhile
        return None
