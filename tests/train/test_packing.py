"""Packed rows are learnt from as single ones are, and a packed run goes on as any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.data.prepare import prepare
from engine.errors import DanluError
from engine.job import Job
from engine.train.rows_apart import check_rows_apart
from tests.train.runs import learns_and_repeats, losses, tiny_run, tiny_spec, write_rows


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_loss_of_packs_is_that_of_their_rows(
    tiny_model: Path, tmp_path: Path, attention: str
) -> None:
    import torch
    from transformers import AutoModelForCausalLM
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from engine.models.load import load_tokenizer

    spec = tiny_spec(tiny_model, write_rows(tmp_path / "rows.jsonl", 30), data__max_length=256)
    tokenizer = load_tokenizer(tiny_model)
    alone = prepare(spec, tokenizer, Job()).train
    packed = prepare(spec.with_values({"train.packing": True}), tokenizer, Job()).train
    assert sum(map(len, packed["seq_lengths"])) == len(alone) == 30 and len(packed) <= 8
    assert all(len(ids) <= 256 for ids in packed["input_ids"])
    model: Any = AutoModelForCausalLM.from_pretrained(tiny_model, attn_implementation=attention)
    check_rows_apart(model, attention)

    def whole(rows: Any, padding_free: bool, size: int) -> tuple[float, int]:
        collate = DataCollatorForLanguageModeling(pad_token_id=2, padding_free=padding_free)
        total, count = 0.0, 0
        for start in range(0, len(rows), size):
            batch = collate([rows[n] for n in range(start, min(len(rows), start + size))])
            tokens = int((batch["labels"][:, 1:] != -100).sum())
            with torch.no_grad():
                total += float(model(**batch, use_cache=False).loss) * tokens
            count += tokens
        return total / count, count

    one, other = whole(alone, False, 4), whole(packed, True, 2)
    assert one[1] == other[1] and one[0] == pytest.approx(other[0], abs=1e-4)


def test_a_model_that_mixes_packed_rows_is_refused(tiny_model: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(tiny_model)
    forward = model.forward

    def blind(**inputs: Any) -> Any:
        return forward(**inputs, attention_mask=torch.ones_like(inputs["input_ids"]))

    model.forward = blind
    with pytest.raises(DanluError) as caught:
        check_rows_apart(model, "sdpa")
    assert caught.value.code == "train.packed_rows_mix"


@pytest.mark.slow
def test_a_packed_run_learns_and_resumes_exactly(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(
        tiny_model,
        tmp_path,
        train__packing=True,
        train__num_train_epochs=4,
        train__gradient_accumulation_steps=1,
        data__max_length=64,
    )
    learns_and_repeats(run, after=2)
    assert max(losses(run)) >= 6
