"""Keeping in a run's spec which commits of its model and data it was trained from, so that the same
spec trains the same later, whatever their repositories hold then."""

from __future__ import annotations

from dataclasses import replace

from engine.data.files import locate
from engine.data.reference import renamed
from engine.errors import DanluError, Fix
from engine.job import Job
from engine.models.locate import EMBEDDED, LocatedModel
from engine.runs.store import Run
from engine.spec.run_spec import RunSpec, plain
from engine.spec.sections import Source


def pin_model(run: Run, spec: RunSpec, located: LocatedModel) -> RunSpec:
    """``spec`` with the commit that ``located`` is, which the run's own spec gets too. Unchanged
    where the person named a revision, and where there is none to name: folders, the embedded
    model, copies of which no commit is known."""
    asked = spec.model
    other = located.source != asked.source  # a checkpoint's own weights, say
    if asked.revision is not None or asked.source == EMBEDDED or other or not located.pin:
        return spec
    run.save_spec(run.spec().with_values(located.pin, "machine"))
    return spec.with_values(located.pin, "machine")


def pin_data(run: Run, spec: RunSpec, job: Job) -> RunSpec:
    """``spec`` with hub and commit of each of its hubs' data sets, which are fetched where they are
    not here; the run's own spec gets them too. Raises DanluError as locating does."""
    changes = {
        path: plain(pinned)
        for path in ("data.train", "data.eval")
        if (pinned := _pinned(path, spec.get(path), job)) != spec.get(path)
    }
    if not changes:
        return spec
    run.save_spec(run.spec().with_values(changes, "machine"))
    return spec.with_values(changes, "machine")


def _pinned(path: str, sources: list[Source], job: Job) -> list[Source]:
    """The sources of parameter ``path`` with their commits. Where a hub knows one by another name,
    the error raised has that name as the change which applies it."""
    made = list(sources)
    for place, source in enumerate(sources):
        try:
            copy = locate(source, job).copy
        except DanluError as error:
            if error.code == "hub.called_otherwise":
                other = renamed(source, error.values["name"], error.values["other"])
                change = {path: plain([*sources[:place], other, *sources[place + 1 :]])}
                error.fixes = (Fix("take", change), *error.fixes[1:])
            raise
        if copy is not None and copy.commit is not None:
            made[place] = replace(source, hub=copy.hub, revision=copy.commit)
    return made
