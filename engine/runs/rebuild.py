"""A lost spec, written again from the run card, which names every setting that was trained with."""

from __future__ import annotations

from pathlib import Path

from engine.errors import DanluError
from engine.runs.layout import SPEC_NAME
from engine.runs.store import Run
from engine.spec.run_spec import RunSpec
from engine.spec.sections import PARAMETERS
from engine.spec.typed import parse_value
from engine.train.card import read_card


def rebuild_spec(run: Run) -> Path:
    """Write ``spec.yaml`` anew, with the values that ``auto`` stood for. Raises DanluError
    ``run.nothing_to_rebuild``."""
    try:
        settings = read_card(run.path).get("settings")
    except (OSError, ValueError) as error:
        raise _cannot(run, str(error)) from error
    if not isinstance(settings, dict):
        raise _cannot(run, "card.json: settings?")
    values = {
        path: parse_value(PARAMETERS[path], str(text))
        for path, text in settings.items()
        if path in PARAMETERS
    }
    try:
        spec = RunSpec().with_values(values)
    except DanluError as error:
        raise _cannot(run, str(error)) from error
    run.save_spec(spec)
    return run.path / SPEC_NAME


def _cannot(run: Run, reason: str) -> DanluError:
    return DanluError("run.nothing_to_rebuild", run=run.name, folder=run.path, reason=reason)
