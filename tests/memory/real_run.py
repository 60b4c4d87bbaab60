"""A real training of a few steps on the CPU, with every live tensor storage counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.hardware import Machine
from engine.spec.resolve import resolve
from engine.spec.run_spec import RunSpec

CPU = Machine(cores=2, ram_bytes=16 * 2**30, ram_free_bytes=12 * 2**30, gpus=())


def spec_of(**sections: dict[str, Any]) -> RunSpec:
    """A spec resolved for the CPU, without data."""
    given = {"model": {"source": "none"}, "data": {"train": ["none"]}}
    for name, values in sections.items():
        given[name] = {**given.get(name, {}), **values}
    return resolve(RunSpec.from_mapping(given), CPU)


def real_peak(folder: Path, spec: RunSpec, lengths: list[int], scratch: Path) -> int:
    """The largest sum of live storages (bytes) while TRL's trainer takes two optimizer steps over
    rows of these ``lengths``, as the engine would have it do."""
    import torch
    from datasets import Dataset
    from trl.trainer.sft_trainer import SFTTrainer

    from engine.memory.live_bytes import LiveBytes
    from engine.models.adapt import adapt
    from engine.models.load import load_model, load_tokenizer
    from engine.train.arguments import trainer_arguments

    tuner = spec.method.tuner
    model = load_model(folder, spec.model, CPU, for_training=True, tuner=tuner)
    model = adapt(model, spec)
    rows = [{"input_ids": [7] * length, "labels": [7] * length} for length in lengths]
    trainer = SFTTrainer(
        model=model,
        args=trainer_arguments(spec, CPU, scratch, steps=2),
        train_dataset=Dataset.from_list(rows),
        processing_class=load_tokenizer(folder),
    )
    torch.set_num_threads(1)
    live = LiveBytes("cpu")
    live.count_all(model.parameters(), "weights")
    live.count_all(model.buffers(), "weights")
    with live:
        trainer.train()
    return live.peak
