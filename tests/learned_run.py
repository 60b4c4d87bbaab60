"""A run that really learned: two of its three rows by heart, the last not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from engine.runs.store import Run, create_run
from engine.spec.run_spec import RunSpec
from tests.tiny_models import make_tiny_model

ROWS = [
    {"instruction": "你是谁？", "input": "", "output": "我是小炉，由丹炉实验室训练。"},
    {"instruction": "What is your name?", "input": "", "output": "My name is Ember."},
    {"instruction": "Who made you?", "input": "", "output": "The Furnace Lab made me."},
]


def make_learned(folder: Path, adapter: Path) -> tuple[Path, Path]:
    """A model in ``folder``, and in ``adapter`` one that knows all rows but the last."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    make_tiny_model(folder)
    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    # Large embeddings, so that the model can be sure of a token, as trained models are; the stop
    # token's is zero at first, because it pads, and could never be said.
    embedded: torch.Tensor = base.get_parameter("model.embed_tokens.weight").data
    embedded[2].normal_(std=0.02)
    embedded *= 8
    base.save_pretrained(folder)
    model = get_peft_model(base, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"))
    _learn(model, AutoTokenizer.from_pretrained(folder), ROWS[:2])
    model.save_pretrained(str(adapter))
    return folder, adapter


def make_run(learned: tuple[Path, Path], folder: Path) -> Run:
    """A run of all rows, kept in ``folder``, whose checkpoint is that adapter."""
    base, adapter = learned
    rows = folder / "rows.json"
    rows.write_text(json.dumps(ROWS, ensure_ascii=False), encoding="utf-8")
    mapping = {
        "run": {"name": "identity"},
        "model": {"source": str(base)},
        "data": {"train": [str(rows)]},
    }
    made = create_run(RunSpec.from_mapping(mapping))
    shutil.copytree(adapter, made.path / "checkpoint-9")
    return made


def _learn(model: Any, tokenizer: Any, rows: list[dict[str, str]]) -> None:
    """Teach the adapter ``rows`` by heart."""
    import torch

    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=5e-3)
    batch = []
    for row in rows:
        asked = [{"role": "user", "content": row["instruction"]}]
        prompt = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
        ids = tokenizer(prompt)["input_ids"]
        answer = tokenizer(row["output"] + "<|im_end|>")["input_ids"]
        batch.append((ids + answer, [-100] * len(ids) + answer))
    for _ in range(120):
        total = 0.0
        for ids, labels in batch:
            loss = model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss
            loss.backward()
            total += loss.item()
        optimizer.step()
        optimizer.zero_grad()
        if total < 0.25:
            return
