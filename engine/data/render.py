"""A conversation as tokens, as the model will see it, with the tokens it learns from marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from engine.data.conversation import Conversation
from engine.data.layout import Span, lay_out
from engine.data.template import ChatTemplate, chat_template

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100  # the label of a token that is read but not learnt from


@dataclass(frozen=True)
class Piece:
    """One token with the text it stands for; the pieces of a row joined are its text."""

    text: str
    token_id: int
    trained: bool
    special: bool


@dataclass(frozen=True)
class Rendered:
    """A row as the model sees it. ``labels`` are the ids of the trained tokens and -100 elsewhere;
    ``cut`` tokens were cut off its end; ``notes`` are codes of findings."""

    input_ids: list[int]
    labels: list[int]
    cut: int = 0
    notes: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    ends: Sequence[int] = field(default=(), repr=False)
    special_ids: frozenset[int] = field(default=frozenset(), repr=False)

    @property
    def trained(self) -> int:
        """How many tokens are learnt from."""
        return len(self.labels) - self.labels.count(IGNORED)

    @property
    def left_off(self) -> str:
        """The text behind the cut, which the model does not see."""
        return self.text[self.ends[-1] if self.ends else 0 :] if self.cut else ""

    @property
    def length(self) -> int:
        """Tokens of the whole row, before any cut."""
        return len(self.input_ids) + self.cut

    @property
    def last_trained(self) -> int | None:
        """The id of the last token that is learnt from."""
        return next((label for label in reversed(self.labels) if label != IGNORED), None)

    @cached_property
    def pieces(self) -> list[Piece]:
        """The row token by token, for display. A character of several tokens stands with the
        first of them; what was cut is not among them."""
        starts = pairwise((0, *self.ends))
        return [
            Piece(self.text[start:end], token, label != IGNORED, token in self.special_ids)
            for (start, end), token, label in zip(starts, self.input_ids, self.labels, strict=True)
        ]


def render(
    tokenizer: PreTrainedTokenizerBase,
    conversation: Conversation,
    *,
    max_length: int | None = None,
    mask_history: bool = False,
    train_on_prompt: bool = False,
) -> Rendered:
    """``conversation`` by the tokenizer's own chat template, cut from the end to ``max_length``.

    Each answer is trained with its stop token; with ``mask_history`` the last one only, with
    ``train_on_prompt`` every token. Raises :class:`engine.data.template.TemplateRefuses`.
    """
    template = chat_template(tokenizer)
    laid = lay_out(template, conversation)
    spans = laid.spans[-1:] if mask_history else laid.spans
    ids, offsets = _tokens(template, tokenizer, laid.text, spans)
    if train_on_prompt:
        labels = list(ids)
    else:
        labels = _labels(ids, offsets, [span for span in spans if span.trained])
    cut = max(0, len(ids) - max_length) if max_length else 0
    keep = len(ids) - cut
    return Rendered(
        ids[:keep],
        labels[:keep],
        cut,
        tuple(laid.notes),
        laid.text,
        _ends(offsets)[:keep],
        special_ids_of(tokenizer),
    )


def _labels(ids: list[int], offsets: list[tuple[int, int]], spans: Sequence[Span]) -> list[int]:
    """Ids within the spans, -100 elsewhere: a token is within when it starts there."""
    labels = [IGNORED] * len(ids)
    at = 0
    for span in spans:
        while at < len(ids) and offsets[at][0] < span.start:
            at += 1
        while at < len(ids) and offsets[at][0] < span.end:
            labels[at] = ids[at]
            at += 1
    return labels


def _tokens(
    template: ChatTemplate, tokenizer: Any, text: str, spans: Sequence[Span]
) -> tuple[list[int], list[tuple[int, int]]]:
    """The ids of the text, and where in it each token stands.

    The text is split where answers start: when the model is asked, its prompt ends at that very
    place, while whole a token might reach over it. Not so where a tokenizer begins each text with a
    space of its own.
    """
    if not tokenizer.is_fast:
        borders = [at for span in spans for at in (span.start, span.end)]
    else:
        borders = [span.start for span in spans] if template.splits_cleanly else []
    edges = list(pairwise((0, *borders, len(text))))
    encoded = tokenizer(
        [text[start:end] for start, end in edges],
        add_special_tokens=False,
        return_offsets_mapping=bool(tokenizer.is_fast),
        return_attention_mask=False,
        verbose=False,
    )
    ids = [token for part in encoded["input_ids"] for token in part]
    if tokenizer.is_fast:
        places = zip(edges, encoded["offset_mapping"], strict=True)
        return ids, [
            (start + low, start + high) for (start, _), part in places for low, high in part
        ]
    # Without offsets the tokens of a part share its text; a part lies within one span or none.
    parts = zip(edges, encoded["input_ids"], strict=True)
    return ids, [edge for edge, part in parts for _ in part]


def _ends(offsets: list[tuple[int, int]]) -> list[int]:
    """Where each token's text ends, so that tokens of one character give it to the first."""
    ends, reached = [], 0
    for _, end in offsets:
        reached = max(reached, end)
        ends.append(reached)
    return ends


_SPECIAL: WeakKeyDictionary[Any, tuple[int, frozenset[int]]] = WeakKeyDictionary()


def special_ids_of(tokenizer: Any) -> frozenset[int]:
    """The ids of the tokenizer's special tokens."""
    size, known = _SPECIAL.get(tokenizer, (-1, frozenset()))
    if size != len(tokenizer):  # none is taken away, some may be added
        added = tokenizer.added_tokens_decoder
        known = frozenset(i for i, token in added.items() if token.special)
        known |= frozenset(tokenizer.all_special_ids)
        _SPECIAL[tokenizer] = len(tokenizer), known
    return known
