"""Fetching for a screen: by jobs that go on when the screen, or danlu, is left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from engine.chat.held import GGUF
from engine.errors import DanluError
from engine.hub.endpoints import offline
from engine.job import Job
from tui.followed_job import ENDED_ELSEWHERE, follow

if TYPE_CHECKING:
    from engine.data.reference import DataReference
    from engine.models.locate import LocatedModel
    from engine.spec.sections import Model
    from tui.wizard.draft import Draft


_PATIENCE = 300.0  # seconds until what could not be fetched is tried by a job again
_failed: dict[DataReference, float] = {}  # and when


def fetch_model(model: Model, job: Job, *, ends: bool = True) -> LocatedModel:
    """Fetch it; a cancelled ``job`` ``ends`` the fetching, or only the waiting. Raises DanluError
    ``model.*``, ``hub.*`` and ``jobs.*``; Cancelled."""
    from engine.models.locate import fetched

    command = ["fetch", model.source, *_where(model.hub, model.revision)]
    return fetched(follow(command, job, ends=lambda: ends))


def bring_model(model: Model, job: Job) -> None:
    """Fetch the model where it is not on this machine; that goes on when ``job`` is cancelled.
    Raises as :func:`fetch_model`."""
    from engine.models.locate import locate_here

    if not model.source.endswith(GGUF) and locate_here(model, Job()) is None:
        fetch_model(model, job, ends=False)


def bring_data(draft: Draft, job: Job) -> None:
    """Fetch the draft's data sets that are not here. What cannot be fetched is met again, and told,
    by whoever reads it. A cancelled fetch goes on while the draft still has the data set. Raises
    DanluError ``jobs.ended_elsewhere``, Cancelled."""
    for target in _missing(draft) if not offline() else ():
        if time.monotonic() < _failed.get(target, 0.0) + _PATIENCE:
            continue
        where = _where(target.hub, target.revision)
        command = ["fetch", target.repo or "", "--dataset", *where]
        try:
            follow(command, job, ends=lambda gone=target: gone not in _missing(draft))
        except DanluError as error:
            if error.code == ENDED_ELSEWHERE:
                raise
            _failed[target] = time.monotonic()


def _missing(draft: Draft) -> list[DataReference]:
    from engine.data.fetch import to_fetch

    data = draft.spec.data
    return [target for source in (*data.train, *data.eval) for target in to_fetch(source)]


def _where(hub: str | None, revision: str | None) -> list[str]:
    return ["--hub", hub or "auto", *(["--revision", revision] if revision else [])]
