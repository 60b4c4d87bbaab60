"""What happens at a step boundary: logging, evaluating, saving, watching, pausing, ending."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.runs.journal import JournalWriter
from engine.spec.run_spec import RunSpec
from engine.train.checkpoints import CheckpointShelf, why_not_resumable
from engine.train.control import Control
from engine.train.pace import Pace

if TYPE_CHECKING:
    from engine.train.lengthen import Lengthening
    from engine.train.step_trainer import StepTrainer
    from engine.train.watch import Watcher


class Conductor:
    """Decides, at each boundary, from the resolved ``spec`` and the person's wishes in ``control``;
    tells the journal. The engine thread alone calls it."""

    def __init__(
        self,
        spec: RunSpec,
        steps: int,
        journal: JournalWriter,
        control: Control,
        shelf: CheckpointShelf,
        watcher: Watcher | None,
        resumed_at: int = 0,
        lengthening: Lengthening | None = None,
    ) -> None:
        self._lengthening = lengthening
        self._spec = spec
        self._steps = steps
        self._journal = journal
        self._control = control
        self._shelf = shelf
        self._watcher = watcher
        self._saved_at = resumed_at
        self._pace = Pace()
        self._stepped_at = time.perf_counter()
        self._status = ""
        self._evals_without_gain = 0
        self.last_loss: float | None = None
        self.last_eval_loss: float | None = None
        self.last_checkpoint: Path | None = None

    @property
    def aborting(self) -> bool:
        return self._control.aborting

    def status(self, status: str) -> None:
        """Tell the journal, once per change."""
        if status != self._status:
            self._status = status
            self._journal.write("status", status=status)

    def step_done(self, trainer: StepTrainer, tokens: int, seconds: float) -> None:
        """Before the trainer's own logging: set its flags for this step."""
        state, flags, train = trainer.state, trainer.control, self._spec.train
        step = state.global_step
        self._lengthen(trainer)
        last = step >= self._steps
        self._pace.add(tokens, seconds)
        self._stepped_at = time.perf_counter()
        ending = last or self._control.stopping
        flags.should_log = flags.should_log or ending
        wished = self._evaluation_wished(trainer)
        flags.should_evaluate = wished or (
            trainer.eval_dataset is not None and (last or step % (train.eval_steps or 1) == 0)
        )
        if flags.should_evaluate:
            self.status("evaluating")
        due = step % (train.save_steps or 1) == 0
        flags.should_save = self._control.take_save() or due or ending
        flags.should_training_stop = ending

    def after_step(self, trainer: StepTrainer) -> None:
        """After the trainer logged, evaluated and saved: watch prompts, new wishes, pause."""
        step = trainer.state.global_step
        self.status("training")
        if self._watcher and (step % (self._spec.watch.every or 1) == 0 or step >= self._steps):
            self._watcher.ask(trainer.model, step)
        self._pace.aside(time.perf_counter() - self._stepped_at)
        rate = self._control.take_learning_rate()
        if rate is not None:
            _set_learning_rate(trainer, rate)
        if self._control.paused:
            self._pause(trainer)
        if self._control.stopping:
            self._stop(trainer)

    def _lengthen(self, trainer: StepTrainer) -> None:
        """Make the run longer where that was asked for: the loop goes on until the new end."""
        wished = self._control.take_extension()
        if wished is None or self._lengthening is None:
            return
        found = self._lengthening.lengthen(trainer, *wished)
        if found is not None:
            self._steps = found.steps

    def _pause(self, trainer: StepTrainer) -> None:
        self.status("paused")
        while self._control.wait_while_paused():
            if self._control.take_save():
                trainer._save_checkpoint(trainer.model)
            if self._evaluation_wished(trainer):
                trainer.evaluate()
            self._lengthen(trainer)
            self.status("paused")
        if not self._control.aborting:
            self.status("training")

    def _evaluation_wished(self, trainer: StepTrainer) -> bool:
        """Whether an evaluation was asked for and can be had; where there are no rows for it, the
        journal says so."""
        if not self._control.take_evaluate():
            return False
        if trainer.eval_dataset is None:
            self._journal.write("log", level="warning", code="log.nothing_to_evaluate", values={})
            return False
        return True

    def _stop(self, trainer: StepTrainer) -> None:
        if self._saved_at != trainer.state.global_step:
            trainer._save_checkpoint(trainer.model)
        trainer.control.should_training_stop = True

    def logged(self, step: int, epoch: float | None, logs: dict[str, float]) -> None:
        """The trainer's log of a step becomes a ``step`` event. ``loss`` is the mean per trained
        token since the last log."""
        self.last_loss = logs["loss"]
        self._journal.write(
            "step",
            step=step,
            epoch=epoch,
            loss=logs["loss"],
            learning_rate=logs.get("learning_rate"),
            grad_norm=logs.get("grad_norm"),
            accuracy=logs.get("mean_token_accuracy"),
            memory_bytes=_peak_memory_bytes(),
            **_rewards(logs),
            **self._pace.fields(self._steps - step),
        )

    def evaluated(self, step: int, metrics: dict[str, float]) -> None:
        """An evaluation becomes an ``eval`` event; too many without gain end the run."""
        loss = metrics["eval_loss"]
        best = min(self._shelf.eval_losses.values(), default=float("inf"))
        self._shelf.eval_losses[step] = self.last_eval_loss = loss
        self._evals_without_gain = 0 if loss < best else self._evals_without_gain + 1
        measures = {
            "accuracy": metrics.get("eval_mean_token_accuracy"),
            **_rewards(metrics, "eval_"),
        }
        self._journal.write("eval", step=step, loss=loss, metrics=measures)
        patience = self._spec.train.early_stopping_patience
        if patience and self._evals_without_gain >= patience and not self._control.stopping:
            self._journal.write(
                "notice",
                code="early_stopping",
                evidence={"evals": patience, "best": best},
                fixes=[],
            )
            self._control.stopping = True

    def save(self, trainer: StepTrainer, write: Callable[[Path], None]) -> None:
        """Write a checkpoint, say so, and delete those beyond the limit."""
        step = trainer.state.global_step
        self.status("saving")
        started = time.perf_counter()
        folder = self._shelf.save(step, write)
        self._saved_at, self.last_checkpoint = step, folder
        self._journal.write(
            "checkpoint",
            step=step,
            path=folder.name,
            bytes=self._shelf.bytes_each,
            best=self._shelf.best_step() == step,
            resumable=not why_not_resumable(folder),
            loss=self.last_loss,
            eval_loss=self._shelf.eval_losses.get(step),
            seconds=round(time.perf_counter() - started, 3),
        )
        for gone in self._shelf.prune():
            gone_step = int(gone.name.rpartition("-")[2])
            self._journal.write("checkpoint", step=gone_step, path=gone.name, deleted=True)


_REWARDS = {  # event field → TRL's name
    "reward_chosen": "rewards/chosen",
    "reward_rejected": "rewards/rejected",
    "reward_margin": "rewards/margins",
    "reward_accuracy": "rewards/accuracies",
}


def _rewards(logs: dict[str, float], prefix: str = "") -> dict[str, float]:
    """What preference optimisation measures: β × how much likelier than before training each kind
    of answer is, how far they are apart, and the share of pairs in the right order. Nothing for
    other stages."""
    told = {field: logs.get(f"{prefix}{name}") for field, name in _REWARDS.items()}
    return {field: value for field, value in told.items() if value is not None}


def _set_learning_rate(trainer: StepTrainer, rate: float) -> None:
    """Scale the schedule so that its peak is ``rate``; what is left of its shape stays."""
    scheduler: Any = trainer.lr_scheduler
    peak = max(scheduler.base_lrs)
    scheduler.base_lrs = [base * rate / peak for base in scheduler.base_lrs]
    for group in trainer.optimizer.param_groups:
        group["lr"] *= rate / peak
        group["initial_lr"] = group.get("initial_lr", peak) * rate / peak


def _peak_memory_bytes() -> int:
    """Peak bytes torch has allocated on the card, else the process's resident bytes now."""
    import psutil
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return psutil.Process().memory_info().rss
