"""Making a run longer: the same run, its journal and its checkpoints go on to more epochs.

What is learned so far, the optimizer's averages, the random state and the place in the data are
those of the last checkpoint; what becomes of the learning rate is told in
:mod:`engine.train.schedule`. To begin anew from a checkpoint's weights, with a fresh optimizer and
another run, is :mod:`engine.runs.from_weights`. Without torch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from engine.errors import DanluError
from engine.hardware import machine
from engine.runs.commands import send_command
from engine.runs.journal import Event, JournalWriter, read_journal
from engine.runs.lock import RunLock
from engine.runs.store import Run, checkpoint_step
from engine.spec.resolve import epochs_of, resolve, steps_of
from engine.spec.run_spec import RunSpec
from engine.train.card import read_card, write_card
from engine.train.checkpoints import why_not_resumable
from engine.train.schedule import Extension, Schedule, ScheduleWish, factor, warmup_steps

SCHEDULES: tuple[ScheduleWish, ...] = ("auto", "decay", "rewarm")
_RUN_OUT = 0.1  # a rate below this share of its peak is at the end of its schedule
_CARD_KEY = "extensions"


def extend_run(
    run: Run, epochs: float, schedule: ScheduleWish = "auto", learning_rate: float | None = None
) -> Run:
    """Make ``run`` longer by ``epochs``; with a ``learning_rate`` it warms up to that one and goes
    down from there, whatever ``schedule`` says. The caller then trains it on with ``resume=True``.
    A run that is being trained is asked to do so itself and goes on without a break.

    Raises DanluError as :func:`preview_extension` does.
    """
    if run.owner_alive():
        wish = {"epochs": epochs, "schedule": schedule, "learning_rate": learning_rate}
        send_command(run.path, "extend", by="extend", **wish)
        return run
    lock = RunLock(run.path)
    try:
        extension, plan = _ahead(run, epochs, schedule, learning_rate)
        journal = JournalWriter(run.path)
        try:
            record_extension(run, extension, plan, journal)
            journal.write("status", status="stopped")
        finally:
            journal.close()
    finally:
        lock.release()
    return run


def preview_extension(
    run: Run, epochs: float, schedule: ScheduleWish = "auto", learning_rate: float | None = None
) -> Extension:
    """What :func:`extend_run` would make of a run that is not being trained; nothing is written.

    Raises DanluError ``extend.nothing_saved``, ``extend.no_optimizer``, ``extend.rate_run_out``,
    ``extend.not_begun``, and those of a spec for epochs out of range.
    """
    return _ahead(run, epochs, schedule, learning_rate)[0]


def extension_words(extension: Extension) -> tuple[str, dict[str, Any]]:
    """The word key and values that tell of ``extension``, for :func:`engine.words.said`."""
    flat = extension.rate_before == extension.rate == extension.rate_end
    how = "extend.keep" if flat else f"extend.{extension.schedule}"
    if extension.top is not None:
        how = "extend.named"
    rates = {
        "before": f"{extension.rate_before:.2e}",
        "rate": f"{extension.rate:.2e}",
        "warmup": extension.warmup,
        "epochs": f"{extension.epochs:.4g}",
    }
    values = {
        "step": extension.step,
        "steps_before": extension.steps_before,
        "steps": extension.steps,
        "epochs_before": f"{extension.epochs_before:.4g}",
        "epochs": f"{extension.epochs:.4g}",
        "rate": {"code": how, "values": rates},
    }
    return "log.extended", values


def extensions_of(run: Run) -> list[Extension]:
    """How ``run`` was made longer so far, oldest first."""
    names = [field.name for field in fields(Extension)]
    kept = read_card(run.path).get(_CARD_KEY) or []
    return [Extension(**{name: entry[name] for name in names}) for entry in kept]


def lengthen(
    spec: RunSpec,
    earlier: Sequence[Extension],
    plan: Event,
    step: int,
    epochs: float,
    schedule: ScheduleWish,
    peak: float,
    rate: float | None = None,
) -> Extension:
    """The extension by ``epochs`` of a run of resolved ``spec`` that stands at ``step``. ``plan``
    is its last ``plan`` event, ``earlier`` how it was made longer before, ``peak`` the rate its
    schedule is a share of, ``rate`` the one to warm up to. Raises DanluError."""
    rows, before = int(plan["rows"]), int(plan["steps"])
    longer = _longer(spec, rows, epochs)
    steps = steps_of(longer, rows)
    now = factor(spec, before, earlier)(step)
    top = rate / peak if rate and peak else None
    wanted = _choose(schedule, now) if top is None else "rewarm"
    if wanted == "decay" and now <= 0:
        raise DanluError("extend.rate_run_out", step=step)
    warmup = min(max(1, warmup_steps(spec, steps - step)), max(1, (steps - step) // 2))
    made = Extension(
        step, before, steps, epochs_of(spec, rows), epochs_of(longer, rows), wanted, warmup,
        rate_before=now * peak, rate=0.0, rate_end=0.0, top=top,
    )  # fmt: skip
    ahead = factor(longer, steps, [*earlier, made])
    highest = max(ahead(at) for at in range(step, min(step + warmup, steps)))
    return replace(made, rate=highest * peak, rate_end=ahead(steps - 1) * peak)


def record_extension(run: Run, extension: Extension, plan: Event, journal: JournalWriter) -> None:
    """Keep ``extension`` in the run's spec and card, and tell the journal of the new plan. Only the
    owner of the run may."""
    spec = run.spec()
    kept = [*(read_card(run.path).get(_CARD_KEY) or []), _card_entry(extension)]
    write_card(run.path, **{_CARD_KEY: kept})
    run.save_spec(spec.with_values(length_of(spec, extension)))
    code, values = extension_words(extension)
    journal.write("log", level="info", code=code, values=values)
    facts = {key: value for key, value in plan.items() if key not in ("seq", "time", "kind")}
    journal.write("plan", **{**facts, "steps": extension.steps, "epochs": extension.epochs})


def length_of(spec: RunSpec, extension: Extension) -> dict[str, Any]:
    """The change to ``spec`` that makes its run as long as ``extension`` says."""
    if spec.train.max_steps:
        return {"train.max_steps": extension.steps}
    return {"train.num_train_epochs": extension.epochs}


def _ahead(
    run: Run, epochs: float, schedule: ScheduleWish, rate: float | None
) -> tuple[Extension, Event]:
    """The extension from the last checkpoint, and the plan it changes. Raises DanluError."""
    folder = run.last_checkpoint()
    if folder is None:
        raise DanluError("extend.nothing_saved", run=run.name)
    missing = why_not_resumable(folder)
    if missing:
        raise DanluError(
            "extend.no_optimizer",
            run=run.name,
            checkpoint=folder.name,
            missing=", ".join(missing),
        )
    events = read_journal(run.path)
    plans = [event for event in events if event["kind"] == "plan"]
    if not plans:
        raise DanluError("extend.not_begun", run=run.name)
    spec, step, earlier = (
        resolve(run.spec(), machine()),
        checkpoint_step(folder),
        extensions_of(run),
    )
    peak = _peak(spec, earlier, plans[-1], events)
    return lengthen(spec, earlier, plans[-1], step, epochs, schedule, peak, rate), plans[-1]


def _peak(
    spec: RunSpec, earlier: Sequence[Extension], plan: Event, events: Sequence[Event]
) -> float:
    """The rate the schedule is a share of: what was asked for, unless a person changed it while
    the run trained, which its last logged rate tells."""
    asked = spec.train.learning_rate or 0.0
    share = factor(spec, int(plan["steps"]), earlier)
    for event in reversed(events):
        if event["kind"] == "step" and event.get("learning_rate"):
            then = share(event["step"] - 1)
            return event["learning_rate"] / then if then > 1e-6 else asked
    return asked


def _longer(spec: RunSpec, rows: int, epochs: float) -> RunSpec:
    """``spec`` with ``epochs`` more. Raises DanluErrors when that is out of range."""
    if not spec.train.max_steps:
        total = round(spec.train.num_train_epochs + epochs, 6)
        return spec.with_values({"train.num_train_epochs": total})
    one = steps_of(spec.with_values({"train.max_steps": None, "train.num_train_epochs": 1.0}), rows)
    more = max(1, math.ceil(epochs * one))
    return spec.with_values({"train.max_steps": spec.train.max_steps + more})


def _choose(wish: ScheduleWish, now: float) -> Schedule:
    if wish != "auto":
        return wish
    return "decay" if now >= _RUN_OUT else "rewarm"


def _card_entry(extension: Extension) -> dict[str, Any]:
    return {"time": round(time.time(), 3), **asdict(extension)}
