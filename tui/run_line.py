"""How a run is written on one line: its status with a sign, its progress."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from engine import words
from tui.cells import fit
from tui.ink import ink
from tui.symbols import sign

# sign and colour of each status; the word always stands beside them
_STATUS = {
    "preparing": ("now", "ember"),
    "training": ("now", "ember"),
    "evaluating": ("now", "ember"),
    "saving": ("now", "ember"),
    "paused": ("now", "gold"),
    "finished": ("yes", "jade"),
    "stopped": ("dot", "gold"),
    "interrupted": ("warn", "gold"),
    "failed": ("no", "cinnabar"),
    "damaged": ("no", "cinnabar"),
}


def status_text(widget: Widget, status: str, cells: int) -> Text:
    """The sign and the word of ``status`` in exactly ``cells``."""
    name, colour = _STATUS.get(status, ("dot", "ash"))
    word = words.t(f"status.{status}") if words.has(f"status.{status}") else status
    return Text(fit(f"{sign(name)} {word}", cells), ink(widget, colour))


def step_words(step: int, steps: int | None) -> str:
    """``412/900``, or the step alone while the whole is unknown."""
    return f"{step}/{steps}" if steps else str(step)


def loss_words(loss: float | None) -> str:
    """A loss in at most five cells: ``0.040``, ``12.35``, ``123.4``, ``2e-4``; empty when there is
    none."""
    if loss is None:
        return ""
    if 0 < abs(loss) < 0.0005:
        return f"{loss:.0e}".replace("e-0", "e-")  # as the charts write it
    return f"{loss:.3f}" if abs(loss) < 10 else f"{loss:.4g}"[:5]
