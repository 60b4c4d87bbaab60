"""Putting trainer, conductor and watcher together for one training.

Imports torch and trl: import it inside functions only.
"""

from __future__ import annotations

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


def assemble(
    pipeline: Pipeline,
    model: Any,
    tokenizer: Any,
    prepared: Prepared,
    here: Machine,
    steps: int,
    resumed_at: int,
    lengthening: Lengthening,
    reference: Reference,
) -> tuple[StepTrainer, Conductor]:
    """The trainer, ready to train, and its conductor. Asks the watch prompts of a fresh model.
    Raises DanluError ``train.packed_rows_mix``."""
    spec, journal = pipeline.spec, pipeline.journal
    if spec.train.packing:
        check_rows_apart(model, spec.model.attn_implementation)
    _forget_earlier_training()
    watcher = Watcher(spec, tokenizer, journal) if spec.watch.prompts else None
    conductor = Conductor(
        spec, steps, journal, pipeline.control, pipeline.shelf(), watcher, resumed_at, lengthening
    )
    parts: dict[str, Any] = dict(
        conductor=conductor,
        loraplus_lr_ratio=spec.method.loraplus_lr_ratio,
        factor=lengthening.factor(),
        model=model,
        train_dataset=prepared.train,
        eval_dataset=prepared.eval,
        processing_class=tokenizer,
        callbacks=[Reporter(conductor)],
    )
    folder = pipeline.run.path
    if spec.method.stage == "dpo":
        from engine.train.dpo_trainer import PreferenceTrainer

        arguments = dpo_arguments(spec, here, folder, steps)
        trainer = PreferenceTrainer(args=arguments, reference=reference, job=pipeline.job, **parts)
    else:
        from engine.train.sft_trainer import SupervisedTrainer

        trainer = SupervisedTrainer(args=sft_arguments(spec, here, folder, steps), **parts)
    if watcher and not resumed_at:
        pipeline.job.report("watch_base")
        watcher.ask(trainer.model, 0)
    return trainer, conductor


def _forget_earlier_training() -> None:
    """accelerate keeps device and precision for the whole process; each training sets its own."""
    from accelerate.state import AcceleratorState, GradientState, PartialState

    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    PartialState._reset_state()
