"""Which run a report is about: the one named, or the one of which what is named was made."""

from __future__ import annotations

from pathlib import Path

from engine.errors import DanluError
from engine.runs.averages import find_average
from engine.runs.layout import checkpoint_step
from engine.runs.made import runs_behind
from engine.runs.store import Run, find_run


def run_of(text: str | None) -> Run:
    """The run that ``text`` names by itself, by a checkpoint, or by an export or average that was
    made of it; without ``text`` the newest. Raises DanluError ``run.*``, and ``report.several`` for
    an average of several runs."""
    try:
        return find_run(text)
    except DanluError as error:
        if not text or error.code != "run.not_found":
            raise
        path = Path(text)
        if checkpoint_step(path.name) >= 0:
            return find_run(str(path.parent))
        runs = runs_behind(find_average(text) or path.expanduser().absolute())
        if len(runs) > 1:
            names = [run.name for run in runs]
            raise DanluError(
                "report.several", target=text, runs=", ".join(names), first=names[0]
            ) from error
        if not runs:
            raise
        return runs[0]
