"""A few real steps of a run, measured and thrown away: how quick would it be?"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from engine.errors import DanluError
from engine.home import home
from engine.job import Job
from engine.runs.rates import PROBED, Rate, keep_rate, rate_of
from engine.runs.store import Run
from engine.runs.summary import summarise
from engine.spec.anchor import anchor_spec
from engine.spec.run_spec import RunSpec
from engine.train.session import TrainingSession

STEPS = 4
_ROWS = 64  # of each source, at most
_POLL_SECONDS = 0.2


def probe(spec: RunSpec, job: Job) -> Rate:
    """Train ``spec`` for some steps in a folder of its own, which is removed, and keep what they
    reached. Raises DanluError as a training fails, ``train.nothing_measured``; Cancelled."""
    folder = home() / "probe"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run = Run(folder)
    try:
        run.save_spec(anchor_spec(_short(spec), Path.cwd()))
        _train(run, job)
        name = f"{PROBED}{spec.model.source} {spec.method.tuner}"
        found = rate_of(run, name)
        if found is None:
            raise DanluError("train.nothing_measured", exit_code=3)
        keep_rate(found)
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _short(spec: RunSpec) -> RunSpec:
    data = replace(
        spec.data,
        train=[
            replace(each, sample=min(each.sample or _ROWS, _ROWS), share=None)
            for each in spec.data.train
        ],
        eval=[],
        eval_fraction=0.0,
    )
    train = replace(
        spec.train,
        max_steps=STEPS,
        logging_steps=1,
        save_steps=None,
        eval_steps=None,
        early_stopping_patience=None,
    )
    watch = replace(spec.watch, prompts=[])
    return replace(spec, data=data, train=train, watch=watch)


def _train(run: Run, job: Job) -> None:
    session = TrainingSession(run, watched=True, measured=False)
    session.start()
    try:
        while not session.join(_POLL_SECONDS):
            summary = summarise(run.path)
            phase = "probe" if summary.step else "import_libraries"
            job.report(phase, summary.step, STEPS if summary.step else None, "steps")
    finally:
        if session.alive:
            session.stop()
            session.join()
    if session.error is not None:
        raise session.error
