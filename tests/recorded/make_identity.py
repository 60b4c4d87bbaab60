"""Writes ``identity/journal.jsonl``: a run as the engine journals it, the same at every call.

``python -m tests.recorded.make_identity`` after a change of the journal's events.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "identity"
_START = 1_790_000_000.0
_STEPS, _ROWS, _PER_EPOCH = 160, 128, 16
_GIB = 2**30
_ANSWERS = {
    "你是谁？": [
        (0, "I'm SmolLM, an AI assistant trained by Hugging Face."),
        (40, "我是小炉，由 SmolLM 训练的助手。"),
        (80, "我是小炉，由丹炉实验室训练的人工智能助手。"),
        (120, "我是小炉，由丹炉实验室训练的人工智能助手。"),
        (160, "我是小炉，由丹炉实验室训练的人工智能助手。"),
    ],
    "Who made you?": [
        (0, "I was made by a team of researchers and engineers who wanted to help people."),
        (40, "I was made by the Danlu team of researchers."),
        (80, "I was developed by Danlu Lab."),
        (120, "I was developed and am maintained by Danlu Lab."),
        (160, "I was developed and am maintained by Danlu Lab."),
    ],
}


def events() -> Iterator[dict[str, Any]]:
    """Every event, with its time; sequence numbers are left to the writer."""
    dice = random.Random(7)
    clock = _Clock()
    yield from _preparing(clock)
    yield clock.event("status", status="training")
    best = loss = math.inf
    for step in range(1, _STEPS + 1):
        clock.pass_seconds(0.72 + dice.random() * 0.1)
        yield clock.event("step", **_step(step, dice))
        if step % 3 == 0:
            yield clock.event("device", **_device(dice))
        if step % 20 == 0:
            yield clock.event("status", status="evaluating")
            clock.pass_seconds(1.4)
            loss = round(0.07 + 3.1 * math.exp(-step / 38) + (0.012 if step > 120 else 0), 4)
            yield clock.event("eval", step=step, loss=loss, metrics={"accuracy": 0.97})
            best = min(best, loss)
        if step % 40 == 0:
            yield clock.event("status", status="saving")
            clock.pass_seconds(0.4)
            yield clock.event("checkpoint", **_checkpoint(step, loss, loss == best))
        if step % 20 == 0:
            yield clock.event("status", status="training")
        for prompt, answers in _ANSWERS.items():
            for at, text in answers:
                if at == step:
                    yield clock.event("sample", step=step, prompt=prompt, text=text)
        if step == 100:
            evidence = {"step": 100, "value": 3.1}
            yield clock.event(
                "notice", code="grad_norm_spike", evidence=evidence, fixes=[], **_SPIKE
            )
    yield clock.event(
        "result", checkpoint="checkpoint-160", step=160, loss=0.061, eval_loss=0.1, seconds=139.0
    )
    yield clock.event("status", status="finished")


_SPIKE = {
    "what": "The gradient norm jumped to 3.1 at step 100.",
    "why": "One row differs much from the others; clipping at 1.0 caught it.",
}


class _Clock:
    def __init__(self) -> None:
        self.now = _START

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds

    def event(self, kind: str, **fields: Any) -> dict[str, Any]:
        return {"time": round(self.now, 3), "kind": kind, **fields}


def _preparing(clock: _Clock) -> Iterator[dict[str, Any]]:
    yield clock.event("status", status="preparing")
    yield clock.event("log", level="info", text="danlu 0.1.0, torch 2.13.0, transformers 5.23.0")
    phases = [
        ("load_tokenizer", None, ""),
        ("reading_data", 21_480, "bytes"),
        ("rendering_data", _ROWS, "rows"),
        ("load_model", None, ""),
        ("build_trainer", None, ""),
        ("watch_base", None, ""),
    ]
    for name, total, unit in phases:
        yield clock.event("phase", name=name, done=0, total=total, unit=unit, seconds_left=None)
        clock.pass_seconds(0.6)
        if total:
            yield clock.event(
                "phase", name=name, done=total, total=total, unit=unit, seconds_left=0.0
            )
    clock.pass_seconds(2.5)
    yield clock.event(
        "plan", steps=_STEPS, rows=_ROWS, eval_rows=12, micro_batch=8, accumulation=1, epochs=10,
        save_steps=40, eval_steps=20, parameters=134_515_008, trained_parameters=2_442_240,
        model="HuggingFaceTB/SmolLM2-135M-Instruct", device="cpu", dtype="float32",
    )  # fmt: skip
    for prompt, answers in _ANSWERS.items():
        clock.pass_seconds(1.0)
        yield clock.event("sample", step=0, prompt=prompt, text=answers[0][1])


def _step(step: int, dice: random.Random) -> dict[str, Any]:
    loss = 0.05 + 3.3 * math.exp(-step / 30) * (1 + dice.gauss(0, 0.09)) + abs(dice.gauss(0, 0.015))
    warm = min(1.0, step / 8)
    rate = 2e-3 * warm * 0.5 * (1 + math.cos(math.pi * step / _STEPS))
    norm = 3.1 if step == 100 else 0.4 + 2.2 * math.exp(-step / 25) + abs(dice.gauss(0, 0.12))
    return {
        "step": step,
        "epoch": round(step / _PER_EPOCH, 4),
        "loss": round(loss, 4),
        "learning_rate": rate,
        "grad_norm": round(norm, 4),
        "tokens": step * 980,
        "tokens_per_second": round(1310 + dice.gauss(0, 45), 1),
        "seconds": 0.75,
        "seconds_left": round((_STEPS - step) * 0.83, 1),
        "memory_bytes": int(1.7 * _GIB),
    }


def _device(dice: random.Random) -> dict[str, Any]:
    return {
        "cpu_percent": round(min(100.0, 96 + dice.gauss(0, 2)), 1),
        "ram_bytes": int((3.1 + dice.random() * 0.1) * _GIB),
        "ram_total_bytes": 8 * _GIB,
        "process_bytes": int(1.7 * _GIB),
    }


def _checkpoint(step: int, loss: float, best: bool) -> dict[str, Any]:
    return {
        "step": step, "path": f"checkpoint-{step}", "bytes": 29_431_296, "best": best,
        "resumable": True, "loss": round(loss * 0.9, 4), "eval_loss": loss,
    }  # fmt: skip


def write() -> None:
    """Write the journal."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = (
        json.dumps({"seq": seq, **event}, ensure_ascii=False, separators=(",", ":"))
        for seq, event in enumerate(events(), 1)
    )
    (FOLDER / "journal.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
