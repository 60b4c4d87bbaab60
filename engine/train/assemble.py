"""Putting trainer, conductor and watcher together for one training.

Imports torch and trl: import it inside functions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.hardware import Machine
from engine.train.arguments import dpo_arguments, sft_arguments
from engine.train.conductor import Conductor
from engine.train.lengthen import Lengthening
from engine.train.reference import Reference
from engine.train.reporter import Reporter
from engine.train.rows_apart import check_rows_apart
from engine.train.step_trainer import StepTrainer
from engine.train.watch import Watcher

if TYPE_CHECKING:
    from engine.data.prepare import Prepared
    from engine.train.pipeline import Pipeline


@dataclass(frozen=True)
class Parts:
    """What one training needs: it goes from step ``resumed_at`` to ``steps``."""

    model: Any
    tokenizer: Any
    prepared: Prepared
    machine: Machine
    steps: int
    resumed_at: int
    lengthening: Lengthening
    reference: Reference


def assemble(pipeline: Pipeline, parts: Parts) -> tuple[StepTrainer, Conductor]:
    """The trainer, ready to train, and its conductor. Asks the watch prompts of a fresh model.
    Raises DanluError ``train.packed_rows_mix``, ``train.reference_gone``."""
    spec, journal = pipeline.spec, pipeline.journal
    if spec.train.packing:
        check_rows_apart(parts.model, spec.model.attn_implementation)
    _forget_earlier_training()
    watcher = Watcher(spec, parts.tokenizer, journal) if spec.watch.prompts else None
    conductor = Conductor(
        spec,
        parts.steps,
        journal,
        pipeline.control,
        pipeline.shelf(),
        watcher,
        parts.resumed_at,
        parts.lengthening,
    )
    trainer = _trainer(pipeline, parts, conductor)
    if watcher and not parts.resumed_at:
        pipeline.job.report("watch_base")
        watcher.ask(trainer.model, 0)
    return trainer, conductor


def _trainer(pipeline: Pipeline, parts: Parts, conductor: Conductor) -> StepTrainer:
    """That of the spec's stage."""
    spec = pipeline.spec
    asked = (spec, parts.machine, pipeline.run.path, parts.steps)
    given: dict[str, Any] = dict(
        conductor=conductor,
        loraplus_lr_ratio=spec.method.loraplus_lr_ratio,
        factor=parts.lengthening.factor(),
        model=parts.model,
        train_dataset=parts.prepared.train,
        eval_dataset=parts.prepared.eval,
        processing_class=parts.tokenizer,
        callbacks=[Reporter(conductor)],
    )
    if spec.method.stage == "dpo":
        from engine.train.dpo_trainer import PreferenceTrainer

        given |= {"reference": parts.reference, "job": pipeline.job}
        return PreferenceTrainer(args=dpo_arguments(*asked), **given)
    from engine.train.sft_trainer import SupervisedTrainer

    return SupervisedTrainer(args=sft_arguments(*asked), **given)


def _forget_earlier_training() -> None:
    """accelerate keeps device and precision for the whole process; each training sets its own."""
    from accelerate.state import AcceleratorState, GradientState, PartialState

    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    PartialState._reset_state()
