"""How a job is written on a line: what it does, where it is, its status with a sign."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from engine import words
from engine.jobs.record import JobRecord
from engine.jobs.state import JobState
from engine.runs.places import short_target
from engine.units import human_duration
from tui.cells import fit
from tui.ink import ink
from tui.symbols import sign

# sign and colour of each status; the word always stands beside them
_STATUS = {
    "starting": ("now", "ember"),
    "running": ("now", "ember"),
    "finished": ("yes", "jade"),
    "failed": ("no", "cinnabar"),
    "cancelled": ("dot", "gold"),
    "gone": ("warn", "gold"),
}


def job_title(record: JobRecord) -> str:
    """``Evaluating news``: what it does, and to what; of a push also where it goes."""
    command, about = record.command(), [short_target(each) for each in record.about()]
    key = f"jobs.verb.{command[0]}" if command else ""
    if not about or not words.has(key):
        return record.name
    joint = f" {sign('to')} " if command[0] == "push" else " + "
    return words.t(key, target=about[0], targets=joint.join(about))


def status_words(widget: Widget, state: JobState, cells: int) -> Text:
    """The sign and the word of its status in exactly ``cells``."""
    name, colour = _STATUS[state.status]
    word = words.t(f"jobs.status.{state.status}")
    return Text(fit(f"{sign(name)} {word}", cells), ink(widget, colour))


def doing(state: JobState) -> str:
    """``Asking the model 30 % · 1:20``: where one at work is."""
    progress = state.progress
    key = f"phase.{progress.phase}"
    parts = [words.t(key) if words.has(key) else ""]
    if progress.total:
        parts.append(f"{100 * progress.done / progress.total:.0f} %")
    left = progress.seconds_left
    said = " ".join(parts)
    return said if left is None else f"{said} {sign('dot')} {human_duration(left)}"
