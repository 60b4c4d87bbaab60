"""Making a run longer while it trains: at a step boundary, without a break. Without torch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from engine.errors import DanluError
from engine.runs.extend import (
    extensions_of,
    length_of,
    lengthen,
    record_extension,
)
from engine.runs.journal import JournalWriter
from engine.runs.store import Run
from engine.spec.run_spec import RunSpec
from engine.train.schedule import Extension, Factor, ScheduleWish, factor

if TYPE_CHECKING:
    from engine.train.step_trainer import StepTrainer


class Lengthening:
    """What a training run of resolved ``spec`` needs to grow. ``plan`` is the fields of its
    ``plan`` event. The engine thread alone calls it."""

    def __init__(
        self, run: Run, spec: RunSpec, plan: dict[str, Any], journal: JournalWriter
    ) -> None:
        self._run = run
        self._spec = spec
        self._plan = plan
        self._journal = journal

    def factor(self) -> Factor | None:
        """The learning rate's share of its peak at each step of a run that was made longer; None
        for one that goes as it was planned."""
        earlier = extensions_of(self._run)
        return factor(self._spec, int(self._plan["steps"]), earlier) if earlier else None

    def lengthen(
        self, trainer: StepTrainer, epochs: float, schedule: ScheduleWish, rate: float | None
    ) -> Extension | None:
        """Have ``trainer`` go on for ``epochs`` more. None, and a word in the journal, where that
        cannot be: a run that trains is not ended by such a wish."""
        earlier, scheduler = extensions_of(self._run), cast(Any, trainer.lr_scheduler)
        step, peak = trainer.state.global_step, float(scheduler.base_lrs[0])
        try:
            found = lengthen(self._spec, earlier, self._plan, step, epochs, schedule, peak, rate)
            record_extension(self._run, found, self._plan, self._journal)
        except DanluError as error:
            reason = {"code": f"error_{error.code}.what", "values": error.document()["values"]}
            self._journal.write(
                "log", level="warning", code="log.not_extended", values={"reason": reason}
            )
            return None
        self._plan = {**self._plan, "steps": found.steps, "epochs": found.epochs}
        self._spec = self._spec.with_values(length_of(self._spec, found))
        trainer.state.max_steps = found.steps
        trainer.state.num_train_epochs = math.ceil(found.epochs)
        trainer.follow(factor(self._spec, found.steps, [*earlier, found]))
        return found
