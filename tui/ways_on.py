"""The ways out of what a run failed of, those that lose nothing first: the same run goes on from
its newest checkpoint, perhaps with settings that leave its rows as they were; else a new run."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import words
from engine.errors import DanluError
from engine.hardware import machine
from engine.runs.layout import checkpoint_step
from engine.runs.store import Run
from engine.spec.resolve import resolve
from engine.spec.run_spec import RunSpec
from engine.train.checkpoints import why_not_resumable
from tui.trouble import Change, Trouble

_BATCH = ("train.per_device_train_batch_size", "train.gradient_accumulation_steps")
_HARMLESS = (*_BATCH, "train.gradient_checkpointing")


@dataclass(frozen=True)
class Way:
    """``text`` says what is done: the run goes on from ``step`` with ``change``, or where that is
    None a new run with it stands in Review."""

    text: str
    change: Change = field(default_factory=dict)
    step: int | None = None

    def prepare(self, run: Run) -> None:
        """Keep the change as what is asked of ``run``."""
        if self.change:
            run.save_spec(run.spec().with_values(self.change))


def ways_on(run: Run, trouble: Trouble) -> list[Way]:
    """What a key can do about ``trouble``."""
    new = [Way(text, change) for text, change in trouble.ways if change]
    last = run.last_checkpoint()
    if last is None or why_not_resumable(last):
        return new
    step = checkpoint_step(last)
    mends = [Way(way.text, way.change, step) for way in new if _leaves_rows(run, way.change)]
    others = [way for way in new if way.change not in [mend.change for mend in mends]]
    return [*mends, Way(words.t("live.fix_as_it_was"), step=step), *others]


def _leaves_rows(run: Run, change: Change) -> bool:
    """Whether each step takes the same rows with ``change`` as without."""
    if not set(change) <= set(_HARMLESS):
        return False
    try:
        before = resolve(run.spec(), machine())
        after = resolve(run.spec().with_values(change), machine())
    except DanluError:
        return False
    grouped = before.train.group_by_length and any(path in change for path in _BATCH)
    return not grouped and _rows_a_step(before) == _rows_a_step(after)


def _rows_a_step(spec: RunSpec) -> int:
    train = spec.train
    return train.per_device_train_batch_size * (train.gradient_accumulation_steps or 1)
