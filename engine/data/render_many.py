"""Many conversations as tokens: the same as :func:`engine.data.render.render`, a batch at a time.

While the tokenizer works at one batch (in Rust, on all cores, without the interpreter), the next is
laid out. Offsets, which cost a third of the time, are not asked for: an answer is encoded apart
from what comes before it, so its first token is known, and its last is the one that ends answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.data.conversation import Conversation
from engine.data.layout import Laid, Span
from engine.data.render import IGNORED, Rendered, render, special_ids_of
from engine.data.render_process import unpacked
from engine.data.skeleton import Skeletons
from engine.data.template import ChatTemplate, TemplateRefuses, chat_template

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from engine.data.render_pool import RenderPool

_BATCH = 256


@dataclass(frozen=True)
class Rendering:
    """How :func:`render` is asked: its arguments but the conversation."""

    tokenizer: PreTrainedTokenizerBase
    max_length: int | None = None
    mask_history: bool = False
    train_on_prompt: bool = False

    def one(self, conversation: Conversation) -> Rendered | TemplateRefuses:
        """A conversation by itself."""
        try:
            return render(
                self.tokenizer,
                conversation,
                max_length=self.max_length,
                mask_history=self.mask_history,
                train_on_prompt=self.train_on_prompt,
            )
        except TemplateRefuses as refusal:
            return refusal


class _Text(NamedTuple):
    """A conversation laid out: its text in parts, each but the first beginning with an answer."""

    conversation: Conversation
    laid: Laid | TemplateRefuses
    spans: list[Span]
    parts: list[str]


def render_many(
    rendering: Rendering, conversations: Iterable[Conversation], pool: RenderPool | None = None
) -> Iterator[tuple[Conversation, Rendered | TemplateRefuses]]:
    """Each conversation with its tokens, in order; without the text and ends that display needs.
    The processes of ``pool`` do it where there are any."""
    if pool is not None and pool.alive:
        yield from _by_processes(rendering, iter(conversations), pool)
        return
    tokenizer: Any = rendering.tokenizer
    template = chat_template(tokenizer)
    if not tokenizer.is_fast or not template.splits_cleanly:
        for conversation in conversations:
            yield conversation, rendering.one(conversation)
        return
    batches = _Batches(rendering, template)
    rest = iter(conversations)
    with ThreadPoolExecutor(1, thread_name_prefix="tokenizer") as thread:
        ahead: tuple[list[_Text], Future[Any]] | None = None
        while batch := list(islice(rest, _BATCH)):
            texts = [batches.text(conversation) for conversation in batch]
            under_way = texts, thread.submit(batches.encode, texts)
            if ahead is not None:
                yield from batches.rows(ahead[0], ahead[1].result())
            ahead = under_way
        if ahead is not None:
            yield from batches.rows(ahead[0], ahead[1].result())


def _by_processes(
    rendering: Rendering, rest: Iterator[Conversation], pool: RenderPool
) -> Iterator[tuple[Conversation, Rendered | TemplateRefuses]]:
    """What processes make of each conversation; of the others, this one. Raises Cancelled."""
    special_ids = special_ids_of(rendering.tokenizer)
    under_way: deque[tuple[list[Conversation], Any]] = deque()
    while True:
        while len(under_way) < pool.ahead and (batch := list(islice(rest, _BATCH))):
            under_way.append((batch, pool.submit(batch)))
        if not under_way:
            break
        batch, answer = under_way.popleft()
        made = pool.wait(answer)
        if made is None:
            yield from render_many(rendering, batch)
        else:
            yield from (
                (row, unpacked(sent, special_ids)) for row, sent in zip(batch, made, strict=True)
            )
    yield from render_many(rendering, rest)  # whatever is left when no process is


class _Batches:
    def __init__(self, rendering: Rendering, template: ChatTemplate) -> None:
        self._rendering, self._skeletons = rendering, Skeletons(template)
        tokenizer: Any = rendering.tokenizer
        self._backend = tokenizer.backend_tokenizer
        self._special_ids = special_ids_of(tokenizer)
        self._ends = _plain_marks(tokenizer)

    def text(self, conversation: Conversation) -> _Text:
        try:
            laid = self._skeletons.lay_out(conversation)
        except TemplateRefuses as refusal:
            return _Text(conversation, refusal, [], [])
        spans = laid.spans[-1:] if self._rendering.mask_history else laid.spans
        edges = pairwise((0, *(span.start for span in spans), len(laid.text)))
        return _Text(conversation, laid, spans, [laid.text[start:end] for start, end in edges])

    def encode(self, texts: list[_Text]) -> Any:
        """The encodings of all parts of all texts, one after another."""
        parts = [part for text in texts for part in text.parts]
        return self._backend.encode_batch_fast(parts, add_special_tokens=False)

    def rows(
        self, texts: list[_Text], encodings: list[Any]
    ) -> Iterator[tuple[Conversation, Rendered | TemplateRefuses]]:
        at = 0
        for text in texts:
            parts = [encoding.ids for encoding in encodings[at : at + len(text.parts)]]
            at += len(parts)
            if isinstance(text.laid, TemplateRefuses):
                yield text.conversation, text.laid
                continue
            made = self._rendered(text, text.laid, parts)
            yield text.conversation, made or self._rendering.one(text.conversation)

    def _rendered(self, text: _Text, laid: Laid, parts: list[list[int]]) -> Rendered | None:
        """The row; None where the end of an answer cannot be told without offsets."""
        ids, limit = parts[0], self._rendering.max_length
        labels = [IGNORED] * len(ids)
        for span, part, own in zip(text.spans, parts[1:], text.parts[1:], strict=True):
            count = self._trained(span, part, own) if span.trained else 0
            if count is None:
                return None
            labels += part[:count]
            labels += [IGNORED] * (len(part) - count)
            ids = ids + part
        if self._rendering.train_on_prompt:
            labels = ids
        cut = max(0, len(ids) - limit) if limit else 0
        if cut:
            ids, labels = ids[:limit], labels[:limit]
        return Rendered(ids, labels, cut, tuple(laid.notes), special_ids=self._special_ids)

    def _trained(self, span: Span, ids: list[int], part: str) -> int | None:
        """How many of the tokens of ``part``, which begins where ``span`` does, are in the span."""
        size = span.end - span.start
        if size == len(part):
            return len(ids)
        for mark, token in self._ends:
            if part.endswith(mark, 0, size):
                return _count(ids, token, part.count(mark, 0, size), part.count(mark))
        return None


def _count(ids: list[int], token: int, wanted: int, all: int) -> int | None:
    """How many tokens there are up to and with the ``wanted``-th ``token``; None unless it stands
    ``all`` times, as its mark does in the text."""
    if wanted == all == 1:
        try:
            at = ids.index(token)
        except ValueError:
            return None
        return at + 1 if token not in ids[at + 1 :] else None
    places = [place for place, each in enumerate(ids) if each == token]
    return places[wanted - 1] + 1 if len(places) == all else None


def _plain_marks(tokenizer: Any) -> list[tuple[str, int]]:
    """The special tokens that stand for their text and nothing beside it, longest first."""
    marks = [
        (token.content, number)
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special and not (token.lstrip or token.rstrip or token.single_word)
    ]
    return sorted(marks, key=lambda mark: -len(mark[0]))
