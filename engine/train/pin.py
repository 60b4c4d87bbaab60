"""Keeping in a run's spec which commit of its model it was trained from, so that the same spec
trains the same model later, whatever its repository holds then."""

from __future__ import annotations

from engine.models.locate import EMBEDDED, LocatedModel
from engine.runs.store import Run
from engine.spec.run_spec import RunSpec


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
