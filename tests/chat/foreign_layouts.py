"""Checkpoints as other programs leave them: the same files, with what those write in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any


def _config(folder: Path, base: str) -> None:
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = base
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2))


def _state(folder: Path, step: int, best: str | None = None) -> None:
    history = [
        {"epoch": 0.5, "grad_norm": 1.2, "learning_rate": 9e-5, "loss": 2.5, "step": step // 2},
        {"epoch": 1.0, "grad_norm": 0.8, "learning_rate": 5e-5, "loss": 1.25, "step": step},
        {"epoch": 1.0, "eval_loss": 1.5, "eval_runtime": 3.1, "step": step},
    ]
    state = {"best_model_checkpoint": best, "epoch": 1.0, "global_step": step}
    state |= {"log_history": history, "max_steps": 2 * step, "num_train_epochs": 2}
    (folder / "trainer_state.json").write_text(json.dumps(state, indent=2))
    # A pickle. Whoever opens it has run it.
    (folder / "training_args.bin").write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")


def copy_adapter(adapter: Path, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        shutil.copyfile(adapter / name, folder / name)
    return folder


def ms_swift(adapter: Path, root: Path, base: str, **arguments: Any) -> Path:
    """``output/v0-…/checkpoint-20`` of ms-swift 4: args.json in the run and in each checkpoint, the
    adapter names the folder ModelScope's cache has on the machine it was trained on."""
    run = root / "output" / "v0-20260801-101112"
    folder = copy_adapter(adapter, run / "checkpoint-20")
    _config(folder, f"/mnt/workspace/.cache/modelscope/hub/models/{base.replace('.', '___')}")
    _state(folder, 20)
    written = {
        "output_dir": str(run),
        "model": base,
        "model_type": "qwen2_5",
        "model_revision": None,
        "template": "qwen2_5",
        "system": None,
        "tuner_backend": "peft",
        "tuner_type": "lora",
        "use_hf": False,
        "quant_method": None,
        "quant_bits": None,
        "swift_version": "4.2.0",
        **arguments,
    }
    for place in (run, folder):
        (place / "args.json").write_text(json.dumps(written, ensure_ascii=False, indent=2))
    (folder / "additional_config.json").write_text('{"lora_dtype": null, "lorap_lr_ratio": null}')
    (folder / "README.md").write_text(
        "---\nbase_model: " + base + "\nlibrary_name: peft\n---\n\n# Model Card for Model ID\n"
    )
    return folder


def llama_factory(adapter: Path, root: Path, base: str, *, board: bool = True) -> Path:
    """``saves/…/lora/train_…`` of LLaMA-Factory: the adapter in the run itself, its card with the
    path of the base, and what the Board wrote of the arguments."""
    folder = copy_adapter(adapter, root / "saves" / "Qwen2.5-7B-Instruct" / "lora" / "train_1")
    _config(folder, base)
    _state(folder, 30)
    copy_adapter(adapter, folder / "checkpoint-30")
    (folder / "README.md").write_text(
        f"---\nlibrary_name: peft\nlicense: other\nbase_model: {base}\ntags:\n"
        f"- base_model:adapter:{base}\n- llama-factory\n- lora\n- transformers\n"
        "pipeline_tag: text-generation\nmodel-index:\n- name: train_1\n  results: []\n---\n\n"
        f"# train_1\n\nThis model is a fine-tuned version of [{base}] on the identity dataset.\n"
    )
    (folder / "trainer_log.jsonl").write_text(
        '{"current_steps": 30, "total_steps": 60, "loss": 1.25, "lr": 5e-05, "epoch": 1.0}\n'
    )
    (folder / "all_results.json").write_text('{"epoch": 1.0, "train_loss": 1.9}')
    if board:
        (folder / "training_args.yaml").write_text(
            f"cutoff_len: 2048\ndataset: identity\nfinetuning_type: lora\nlora_rank: 8\n"
            f"model_name_or_path: {base}\noutput_dir: saves/x\nquantization_bit: 4\n"
            "stage: sft\ntemplate: qwen\n"
        )
        (folder / "llamaboard_config.yaml").write_text(
            "top.booster: auto\ntop.finetuning_type: lora\ntop.model_name: Qwen2.5-7B-Instruct\n"
            "top.quantization_bit: '4'\ntop.template: qwen\ntrain.cutoff_len: 2048\n"
        )
    return folder


def trl(adapter: Path, root: Path, base: str) -> Path:
    """A run of TRL with two checkpoints, whose state names the earlier one as its best."""
    run = root / "Qwen2-0.5B-SFT"
    for step in (10, 20):
        folder = copy_adapter(adapter, run / f"checkpoint-{step}")
        _config(folder, base)
        _state(folder, step, best="./Qwen2-0.5B-SFT/checkpoint-10")
        (folder / "README.md").write_text(
            f"---\nbase_model: {base}\nlibrary_name: peft\nmodel_name: Qwen2-0.5B-SFT\ntags:\n"
            f"- base_model:adapter:{base}\n- lora\n- sft\n- transformers\n- trl\n"
            "licence: license\npipeline_tag: text-generation\n---\n\n# Model Card\n"
        )
    return run
