"""TRL by itself, as its documentation shows it: what danlu is held against."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def plain_dpo(model: Path, rows: Path, peft_config: Any = None, **arguments: Any) -> list[float]:
    """Train ``model`` on the JSON lines of ``rows``, two a step; the losses of all steps."""
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    trainer = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(model),
        args=DPOConfig(
            output_dir=str(rows.with_suffix(".trl")),
            per_device_train_batch_size=2,
            logging_steps=1,
            bf16=False,
            gradient_checkpointing=False,
            use_cpu=True,
            report_to="none",
            save_strategy="no",
            **arguments,
        ),
        train_dataset=load_dataset("json", data_files=str(rows), split="train"),
        processing_class=AutoTokenizer.from_pretrained(model),
        peft_config=peft_config,
    )
    trainer.train()
    return [log["loss"] for log in trainer.state.log_history if "loss" in log]
