"""Going back to an earlier checkpoint: what was saved after it is overtaken when training goes
on."""

from __future__ import annotations

from engine.errors import DanluError
from engine.runs.layout import checkpoint_step
from engine.runs.places import Place
from engine.runs.trash import SetAside, set_aside
from engine.train.checkpoints import why_not_resumable


def overtaken_by(place: Place) -> list[str]:
    """The checkpoints of the run that are later than ``place``, newest first."""
    step = checkpoint_step(place.checkpoint or "")
    later = [f.name for f in place.run.checkpoint_folders() if checkpoint_step(f) > step]
    return later[::-1] if place.checkpoint else []


def go_back(place: Place) -> SetAside | None:
    """Make ``place`` the newest checkpoint of its run, by setting the later ones aside: the next
    resumption goes on from it. None where it is the newest. Raises DanluError
    ``train.not_resumable`` and ``run.already_running``."""
    missing = why_not_resumable(place.folder)
    if missing:
        raise DanluError(
            "train.not_resumable", checkpoint=place.checkpoint, missing=", ".join(missing)
        )
    later = overtaken_by(place)
    return set_aside(place.run, later) if later else None
