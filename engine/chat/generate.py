"""Answers from a live model: a batch at once, or one as a stream of text.
Imports torch: import it inside functions only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.chat.decode import answering, decode
from engine.chat.sampling import Sampling
from engine.chat.visible import Reader, Unfolding
from engine.errors import DanluError

__all__ = ["Message", "Sampling", "answer_batch", "stream_answer"]

Message = dict[str, Any]
_THINK = "<think>"


def answer_batch(
    model: Any,
    tokenizer: Any,
    conversations: list[list[Message]],
    sampling: Sampling,
    *,
    batch_size: int = 16,
    stop: Callable[[], bool] | None = None,
    on_done: Callable[[int, str], None] | None = None,
) -> list[str]:
    """The answer to each conversation, in their order. At temperature 0 the same as one by one.

    Safe in the middle of a training: modes are restored, and neither the model's settings nor the
    global random state is touched. ``stop`` is asked before each token; once it says yes, answers are
    what was said so far. ``on_done(index, answer)`` is called as each is complete. Raises DanluError
    for a conversation longer than the model's context and for a model without chat template.
    """
    prompts = [_Prompt(tokenizer, messages) for messages in conversations]
    limits = [_limit(model, prompt, sampling) for prompt in prompts]
    reader, stops = Reader(tokenizer), set(stop_ids(tokenizer, model))
    said: list[list[int]] = [[] for _ in prompts]
    finished: set[int] = set()

    def finish(index: int) -> None:
        finished.add(index)
        if on_done:
            on_done(index, prompts[index].opening + reader.text(said[index]))

    # Prompts of like length go together, so that little of a batch is padding.
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index].ids))
    with answering(model):
        for start in range(0, len(order), batch_size):
            group = order[start : start + batch_size]
            ids, limit = [prompts[i].ids for i in group], [limits[i] for i in group]
            for step in decode(model, ids, sampling, limit, stops):
                for line, token_id in step.items():
                    said[group[line]].append(token_id)
                for line, index in enumerate(group):
                    if line not in step and index not in finished:
                        finish(index)
                if stop and stop():
                    break
            if stop and stop():
                break
            for index in group:
                if index not in finished:
                    finish(index)
    return [prompts[i].opening + reader.text(said[i]) for i in range(len(prompts))]


def stream_answer(
    model: Any,
    tokenizer: Any,
    messages: list[Message],
    sampling: Sampling,
    stop: Callable[[], bool],
    on_token: Callable[[], None] | None = None,
) -> Iterator[str]:
    """Yield the answer piece by piece; together the pieces are what :func:`answer_batch` gives.
    ``stop`` is asked after each token; ``on_token`` is called at each. Raises DanluError as
    :func:`answer_batch` does, before the first piece."""
    prompt = _Prompt(tokenizer, messages)
    limit = _limit(model, prompt, sampling)
    unfolding = Unfolding(Reader(tokenizer))
    stops = set(stop_ids(tokenizer, model))
    if prompt.opening:
        yield prompt.opening
    with answering(model):
        for step in decode(model, [prompt.ids], sampling, [limit], stops):
            if on_token:
                on_token()
            piece = unfolding.add(step[0])
            if piece:
                yield piece
            if stop():
                break
    rest = unfolding.rest()
    if rest:
        yield rest


class _Prompt:
    """A conversation as the model reads it. ``opening`` is the ``<think>`` that some templates write
    for the model: it belongs to the answer a person reads."""

    def __init__(self, tokenizer: Any, messages: list[Message]) -> None:
        if not tokenizer.chat_template:
            raise DanluError("chat.no_template", model=tokenizer.name_or_path)
        text: str = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False
        )
        self.ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        start = text.rfind(_THINK)
        self.opening = text[start:] if text.rstrip().endswith(_THINK) else ""


def _limit(model: Any, prompt: _Prompt, sampling: Sampling) -> int:
    """How many tokens the answer may have. Raises DanluError when the context is full already."""
    context = getattr(model.config, "max_position_embeddings", None)
    if context is None:
        return sampling.max_new_tokens
    if len(prompt.ids) >= context:
        raise DanluError("chat.too_long", tokens=len(prompt.ids), context=context)
    return min(sampling.max_new_tokens, context - len(prompt.ids))


def stop_ids(tokenizer: Any, model: Any) -> list[int]:
    """The ids that end an answer: the tokenizer's and those the model's generation settings name."""
    named = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    found = named if isinstance(named, list) else [named]
    return [token_id for token_id in {tokenizer.eos_token_id, *found} if token_id is not None]
