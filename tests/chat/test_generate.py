"""Answers: a batch equals one by one, a stream equals both, and a training notices nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.chat.generate import Sampling, answer_batch, stream_answer
from engine.errors import DanluError

QUESTIONS = [
    "Who are you?",
    "你是谁？",
    "What is the capital of France, and how much is two plus two?",
    "Hi",
    "你的开发者是哪家公司？今天天气怎么样？",
    "Name?",
    "Water boils at one hundred degrees. " * 3,
]
SHORT = Sampling(max_new_tokens=24)


def asked(question: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}]


def never() -> bool:
    return False


def by_transformers(model: Any, tokenizer: Any, question: str) -> str:
    text = tokenizer.apply_chat_template(
        asked(question), add_generation_prompt=True, tokenize=False
    )
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
    made = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False
    )
    return tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)


def test_a_batch_answers_as_one_by_one_and_as_transformers_does(live: tuple[Any, Any]) -> None:
    model, tokenizer = live
    together = answer_batch(model, tokenizer, [asked(q) for q in QUESTIONS], SHORT, batch_size=3)
    alone = [answer_batch(model, tokenizer, [asked(q)], SHORT)[0] for q in QUESTIONS]
    theirs = [by_transformers(model, tokenizer, q).replace("\ufffd", "") for q in QUESTIONS]
    assert together == alone == theirs
    assert len(set(together)) > 1


def test_rows_that_end_early_leave_the_others_as_they_are(live: tuple[Any, Any]) -> None:
    model, tokenizer = live
    whole = answer_batch(model, tokenizer, [asked(q) for q in QUESTIONS], SHORT)
    limits = [1, 24, 3, 24, 0, 7, 24]
    cut = answer_batch(model, tokenizer, [asked(q) for q in QUESTIONS], SHORT, limits=limits)
    for answer, full, limit in zip(cut, whole, limits, strict=True):
        assert answer == full if limit == 24 else full.startswith(answer)
    assert cut[4] == ""


def test_each_answer_is_told_once_as_it_is_complete(live: tuple[Any, Any]) -> None:
    model, tokenizer = live
    told: list[tuple[int, str]] = []
    answers = answer_batch(
        model,
        tokenizer,
        [asked(q) for q in QUESTIONS],
        SHORT,
        batch_size=4,
        on_done=lambda index, said: told.append((index, said.text)),
    )
    assert sorted(told) == list(enumerate(answers))


def test_a_stream_says_what_a_batch_says_without_broken_characters(live: tuple[Any, Any]) -> None:
    model, tokenizer = live
    for question in QUESTIONS:
        pieces = list(stream_answer(model, tokenizer, asked(question), SHORT, never))
        assert "".join(pieces) == answer_batch(model, tokenizer, [asked(question)], SHORT)[0]
        assert not any("\ufffd" in piece for piece in pieces)


def test_a_stream_stops_between_two_tokens(live: tuple[Any, Any]) -> None:
    model, tokenizer = live
    tokens = 0

    def count() -> None:
        nonlocal tokens
        tokens += 1

    said = "".join(
        stream_answer(
            model, tokenizer, asked("Who?"), SHORT, stop=lambda: tokens >= 5, on_token=count
        )
    )
    assert tokens == 5
    whole = "".join(stream_answer(model, tokenizer, asked("Who?"), SHORT, never))
    assert whole.startswith(said) and whole != said


def test_a_stopped_batch_gives_what_was_said(live: tuple[Any, Any]) -> None:
    model, tokenizer = live
    asks = 0

    def after_some() -> bool:
        nonlocal asks
        asks += 1
        return asks > 6

    conversations = [asked(q) for q in QUESTIONS]
    answers = answer_batch(model, tokenizer, conversations, SHORT, batch_size=2, stop=after_some)
    assert len(answers) == len(QUESTIONS)
    assert answers.count("") >= 4
    assert any(answers)


def test_the_same_seed_draws_the_same_answer_whatever_is_asked_beside_it(
    live: tuple[Any, Any],
) -> None:
    model, tokenizer = live
    warm = Sampling(temperature=1.0, top_p=0.9, top_k=50, max_new_tokens=16, seed=7)
    together = answer_batch(model, tokenizer, [asked(q) for q in QUESTIONS], warm)
    alone = [answer_batch(model, tokenizer, [asked(q)], warm)[0] for q in QUESTIONS]
    other = Sampling(temperature=1.0, max_new_tokens=16, seed=8)
    assert together == alone
    assert answer_batch(model, tokenizer, [asked(QUESTIONS[0])], other)[0] != alone[0]


def test_narrow_sampling_is_greedy(live: tuple[Any, Any]) -> None:
    model, tokenizer = live
    greedy = answer_batch(model, tokenizer, [asked("Who?")], SHORT)
    warm = Sampling(temperature=1.0, max_new_tokens=24, seed=1)
    for narrow in (replace(warm, top_k=1), replace(warm, top_p=1e-6)):
        assert answer_batch(model, tokenizer, [asked("Who?")], narrow) == greedy


def test_the_repetition_penalty_keeps_a_model_from_saying_a_token_twice(
    live: tuple[Any, Any],
) -> None:
    from engine.chat.decode import answering, decode

    model, _ = live
    hard = Sampling(repetition_penalty=1e6, max_new_tokens=24)
    with answering(model):
        steps = list(decode(model, [[5, 6, 7], [9]], hard, [24, 24], set()))
    for row, prompt in ((0, [5, 6, 7]), (1, [9])):
        said = prompt + [step[row] for step in steps]
        assert len(set(said)) == len(said)


def test_an_answer_ends_at_every_stop_token(live: tuple[Any, Any]) -> None:
    from engine.chat.decode import answering, decode

    model, _ = live
    with answering(model):
        free = [step[0] for step in decode(model, [[5, 6]], SHORT, [8], set())]
        first_new = next(token for token in free if token != free[0])
        ended = [step[0] for step in decode(model, [[5, 6]], SHORT, [8], {first_new})]
    assert ended == free[: free.index(first_new)]


def test_thoughts_a_template_opens_belong_to_the_answer(
    live: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = live
    template = tokenizer.chat_template.replace("assistant\n'", "assistant\n<think>\n'")
    monkeypatch.setattr(tokenizer, "chat_template", template)
    answer = answer_batch(model, tokenizer, [asked("Hi")], SHORT)[0]
    assert answer.startswith("<think>\n")
    assert "".join(stream_answer(model, tokenizer, asked("Hi"), SHORT, never)) == answer


def test_a_conversation_beyond_the_context_is_named(live: tuple[Any, Any]) -> None:
    model, tokenizer = live
    with pytest.raises(DanluError) as caught:
        answer_batch(model, tokenizer, [asked("丹炉" * 600)], SHORT)
    assert caught.value.code == "chat.too_long"


def test_a_model_without_template_answers_in_the_layout_it_is_trained_in(
    live: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = live
    with_template = answer_batch(model, tokenizer, [asked("Hi")], SHORT)
    monkeypatch.setattr(tokenizer, "chat_template", None)
    assert answer_batch(model, tokenizer, [asked("Hi")], SHORT) == with_template


def test_a_template_that_refuses_is_named(
    live: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = live
    refusing = "{{ raise_exception('roles must alternate') }}"
    monkeypatch.setattr(tokenizer, "chat_template", refusing)
    with pytest.raises(DanluError) as caught:
        next(stream_answer(model, tokenizer, asked("Hi"), SHORT, never))
    assert caught.value.code == "chat.template_refuses"
    assert "roles must alternate" in caught.value.why


def trained_weights(folder: Path, tokenizer: Any, watch: bool) -> dict[str, torch.Tensor]:
    """Three LoRA steps with dropout and gradient checkpointing, watched or not between them."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    base.gradient_checkpointing_enable({"use_reentrant": False})
    base.enable_input_require_grads()
    base.config.use_cache = False
    config = LoraConfig(r=4, target_modules="all-linear", lora_dropout=0.3)
    model = get_peft_model(base, config)
    model.train()
    model.get_input_embeddings().eval()  # a mixed mode, as a freeze keeps it
    modes = {name: module.training for name, module in model.named_modules()}
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-2)
    ids = tokenizer(QUESTIONS[2] * 4, return_tensors="pt")["input_ids"]
    for _ in range(3):
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if watch:
            for sampling in (SHORT, Sampling(temperature=1.0, max_new_tokens=4)):
                answer_batch(model, tokenizer, [asked(q) for q in QUESTIONS[:3]], sampling)
            assert {name: module.training for name, module in model.named_modules()} == modes
            assert base.config.use_cache is False
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def test_watch_prompts_leave_a_training_bit_identical(
    talkative: Path, live: tuple[Any, Any]
) -> None:
    alone = trained_weights(talkative, live[1], watch=False)
    watched = trained_weights(talkative, live[1], watch=True)
    assert all(torch.equal(alone[name], watched[name]) for name in alone)
