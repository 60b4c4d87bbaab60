"""A real training of a few steps on the CPU, with every live tensor storage counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.data.tables import PAIR, ROW
from engine.hardware import Machine
from engine.job import Job
from engine.spec.resolve import resolve
from engine.spec.run_spec import RunSpec

CPU = Machine(cores=2, ram_bytes=16 * 2**30, ram_free_bytes=12 * 2**30, gpus=())


def spec_of(**sections: dict[str, Any]) -> RunSpec:
    """A spec resolved for the CPU, without data."""
    given = {"model": {"source": "none"}, "data": {"train": ["none"]}}
    for name, values in sections.items():
        given[name] = {**given.get(name, {}), **values}
    return resolve(RunSpec.from_mapping(given), CPU)


class _TwoSteps:
    """A conductor that ends the training after two optimizer steps."""

    aborting = False

    def step_done(self, trainer: Any, tokens: int, seconds: float) -> None:
        trainer.control.should_training_stop = trainer.state.global_step == 2

    def after_step(self, trainer: Any) -> None:
        pass


def real_peak(folder: Path, spec: RunSpec, lengths: list[int], scratch: Path) -> int:
    """The largest sum of live storages (bytes) while the stage's trainer takes two optimizer steps
    over rows of these ``lengths``, as the engine would have it do."""
    import torch
    from datasets import Dataset

    from engine.memory.live_bytes import LiveBytes
    from engine.models.adapt import adapt
    from engine.models.load import load_model, load_tokenizer

    tuner = spec.method.tuner
    model = load_model(folder, spec.model, CPU, for_training=True, tuner=tuner)
    model = adapt(model, spec)
    columns = PAIR if spec.method.stage == "dpo" else ROW
    parts: dict[str, Any] = dict(
        model=model,
        train_dataset=Dataset.from_list([dict.fromkeys(columns, [7] * size) for size in lengths]),
        processing_class=load_tokenizer(folder),
        conductor=_TwoSteps(),
        loraplus_lr_ratio=None,
    )
    trainer = _trainer(spec, scratch, parts)
    torch.set_num_threads(1)
    live = LiveBytes("cpu")
    live.count_all(model.parameters(), "weights")
    live.count_all(model.buffers(), "weights")
    with live:
        trainer.train()
    return live.peak


def _trainer(spec: RunSpec, scratch: Path, parts: dict[str, Any]) -> Any:
    from engine.train.arguments import dpo_arguments, sft_arguments
    from engine.train.dpo_trainer import PreferenceTrainer
    from engine.train.reference import Reference
    from engine.train.sft_trainer import SupervisedTrainer

    if spec.method.stage == "dpo":
        reference = Reference(scratch, "rows", untrained=True)
        arguments = dpo_arguments(spec, CPU, scratch, steps=2)
        return PreferenceTrainer(args=arguments, reference=reference, job=Job(), **parts)
    return SupervisedTrainer(args=sft_arguments(spec, CPU, scratch, steps=2), **parts)
