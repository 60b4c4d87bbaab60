"""Answers from a live model: a batch at once, or one as a stream of text."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.chat.sampling import Sampling
from engine.chat.visible import Reader, Unfolding
from engine.data.adapted import adapted
from engine.data.template import TemplateRefuses, chat_template
from engine.errors import DanluError
from engine.models.stop_tokens import stop_token_ids

__all__ = [
    "Message",
    "Said",
    "Sampling",
    "answer_batch",
    "opening_of",
    "prompt_text",
    "prompt_tokens",
    "room",
    "stream_answer",
]

Message = dict[str, Any]
Tools = list[dict[str, Any]] | None  # descriptions of functions the model may call
_THINK = "<think>"


@dataclass(frozen=True)
class Said:
    """A complete answer of ``tokens`` tokens; ``cut`` where its limit ended it."""

    text: str
    tokens: int
    cut: bool


def answer_batch(
    model: Any,
    tokenizer: Any,
    conversations: Sequence[list[Message]],
    sampling: Sampling,
    *,
    batch_size: int = 16,
    limits: Sequence[int] | None = None,
    tools: Sequence[Tools] | None = None,
    stop: Callable[[], bool] | None = None,
    on_done: Callable[[int, Said], None] | None = None,
) -> list[str]:
    """The answer to each conversation, in their order. At temperature 0 the same as one by one.

    Safe in the middle of a training: modes are restored, and neither the model's settings nor the
    global random state is touched. ``limits`` gives each answer its own ``max_new_tokens``,
    ``tools`` each conversation its functions.
    ``stop`` is asked at each token; once it says yes, answers are what was said so far.
    ``on_done(index, answer)`` is called as each is complete. Raises DanluError for a conversation
    longer than the model's context and for one its chat template refuses.
    """
    from engine.chat.decode import answering

    wanted = limits or [sampling.max_new_tokens] * len(conversations)
    given = tools or [None] * len(conversations)
    answers = [
        _Answer(index, model, prompt_text(tokenizer, messages, own), tokenizer, limit)
        for index, (messages, own, limit) in enumerate(
            zip(conversations, given, wanted, strict=True)
        )
    ]
    # Prompts of like length go together, so that little of a batch is padding.
    order = sorted(answers, key=lambda answer: len(answer.prompt))
    reader = Reader(tokenizer)
    with answering(model):
        for start in range(0, len(order), batch_size):
            if stop and stop():
                break
            for done in _answered(
                model, tokenizer, order[start : start + batch_size], sampling, stop
            ):
                if on_done:
                    on_done(done.index, done.complete(reader))
    return [answer.text(reader) for answer in answers]


def _answered(
    model: Any,
    tokenizer: Any,
    group: list[_Answer],
    sampling: Sampling,
    stop: Callable[[], bool] | None,
) -> Iterator[_Answer]:
    """Let the model say the answers of ``group`` together; yield each as it is complete."""
    from engine.chat.decode import decode

    prompts, limits = [answer.prompt for answer in group], [answer.limit for answer in group]
    speaking = set(range(len(group)))
    stops = set(stop_token_ids(tokenizer, model))
    for step in decode(model, prompts, sampling, limits, stops):
        for row, token_id in step.items():
            group[row].said.append(token_id)
        yield from (group[row] for row in sorted(speaking - step.keys()))
        speaking &= step.keys()
        if stop and stop():
            return
    yield from (group[row] for row in sorted(speaking))


def stream_answer(
    model: Any,
    tokenizer: Any,
    messages: list[Message],
    sampling: Sampling,
    stop: Callable[[], bool],
    on_token: Callable[[], None] | None = None,
) -> Generator[str, None, None]:
    """Yield the answer piece by piece; together the pieces are what :func:`answer_batch` gives.
    ``stop`` is asked after each token; ``on_token`` is called at each. Raises DanluError as
    :func:`answer_batch` does, before the first piece."""
    from engine.chat.decode import answering, decode

    text = prompt_text(tokenizer, messages, None)
    answer = _Answer(0, model, text, tokenizer, sampling.max_new_tokens)
    unfolding = Unfolding(Reader(tokenizer))
    stops = set(stop_token_ids(tokenizer, model))
    if answer.opening:
        yield answer.opening
    with answering(model):
        for step in decode(model, [answer.prompt], sampling, [answer.limit], stops):
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


def prompt_tokens(tokenizer: Any, messages: list[Message], tools: Tools = None) -> int:
    """How many tokens a model reads before it answers. Raises DanluError when the chat template
    refuses the conversation."""
    text = prompt_text(tokenizer, messages, tools)
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


class _Answer:
    """One answer in the making: the prompt it continues, how long it may be, what was said so far.

    ``opening`` is the ``<think>`` that some templates write for the model: it belongs to the answer
    a person reads.
    """

    def __init__(self, index: int, model: Any, text: str, tokenizer: Any, limit: int) -> None:
        self.index = index
        self.prompt: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        self.opening = opening_of(text)
        context = getattr(model.config, "max_position_embeddings", None)
        self.limit = room(context, len(self.prompt), limit)
        self.said: list[int] = []

    def text(self, reader: Reader) -> str:
        return self.opening + reader.text(self.said)

    def complete(self, reader: Reader) -> Said:
        return Said(self.text(reader), len(self.said), len(self.said) >= self.limit)


def prompt_text(tokenizer: Any, messages: list[Message], tools: Tools = None) -> str:
    """The conversation as it was laid out in training, up to where the answer begins. Raises
    DanluError when the chat template refuses it."""
    template = chat_template(tokenizer)
    taken, taken_tools, _ = adapted(template, messages, tools)
    try:
        return template.apply(taken, taken_tools, ask=True)
    except TemplateRefuses as error:
        raise DanluError("chat.template_refuses", reason=error) from error


def opening_of(text: str) -> str:
    """The ``<think>`` at the end of a prompt, with what follows it; empty where there is none."""
    return text[text.rfind(_THINK) :] if text.rstrip().endswith(_THINK) else ""


def room(context: int | None, prompt: int, wanted: int) -> int:
    """How many tokens an answer may have where the model reads ``context`` at most. Raises
    DanluError when that is full already."""
    if context is None:
        return wanted
    if prompt >= context:
        raise DanluError("chat.too_long", tokens=prompt, context=context)
    return min(wanted, context - prompt)
