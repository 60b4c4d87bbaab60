"""How a template lays out rows of one shape, learnt once: what it writes between their words.

Applying a template costs more than all else in Python that a row needs. For turns of plain words it
writes the same around them each time, so that is found out with words that stand for nothing. It
may write something else by what the words hold (its own tags, blanks at their ends): rows with such
words are laid out in full.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

from engine.data.conversation import Conversation
from engine.data.layout import Laid, Span, lay_out
from engine.data.template import ChatTemplate, TemplateRefuses

_PLAIN = ({"role", "content"}, {"role", "content", "loss"})
_TRIALS = ("zq{:04d}é\"'\n\u0416 Z\\%", "{:04d}: Ein, zwei;\tdrei & vier\n\n\u03a9!x")
_MOST = 5000  # shapes remembered


class _Skeleton(NamedTuple):
    """``between`` is written before, between and behind the words of the turns, which come in
    ``order``. A span's ends are (words before it, signs of ``between`` before it)."""

    between: list[str]
    order: list[int]
    spans: list[tuple[tuple[int, int], tuple[int, int], bool]]
    notes: list[str]


class Skeletons:
    """What one template writes around words."""

    def __init__(self, template: ChatTemplate) -> None:
        self._template = template
        self._tags = _tags(template.source)
        self._signs = sorted({tag[0] for tag in self._tags})
        self._known: dict[Any, _Skeleton | None] = {}

    def lay_out(self, conversation: Conversation) -> Laid:
        """As :func:`engine.data.layout.lay_out` does. Raises TemplateRefuses."""
        skeleton = self._skeleton(conversation)
        if skeleton is None:
            return lay_out(self._template, conversation)
        words = [conversation.messages[number]["content"] for number in skeleton.order]
        text = skeleton.between[0]
        text += "".join([w + b for w, b in zip(words, skeleton.between[1:], strict=True)])
        sizes = [0, *accumulate(map(len, words))]
        spans = [
            Span(sizes[words_before] + before, sizes[words_within] + within, trained)
            for (words_before, before), (words_within, within), trained in skeleton.spans
        ]
        return Laid(text, spans, skeleton.notes)

    def _skeleton(self, conversation: Conversation) -> _Skeleton | None:
        if conversation.tools:
            return None
        shape = []
        for message in conversation.messages:
            words = message.get("content")
            if message.keys() not in _PLAIN or not words or self._matters(words):
                return None
            shape.append((message["role"], message.get("loss") is False))
        key = tuple(shape)
        if key not in self._known and len(self._known) < _MOST:
            self._known[key] = self._learnt(key)
        return self._known.get(key)

    def _matters(self, words: str) -> bool:
        """Whether the template may look into ``words``."""
        if words[0].isspace() or words[-1].isspace():
            return True
        for sign in self._signs:
            if sign in words and any([tag in words for tag in self._tags]):
                return True
        return False

    def _learnt(self, shape: tuple[tuple[str, bool], ...]) -> _Skeleton | None:
        """The skeleton, when words of two kinds give the same."""
        one, other = (_tried(self._template, shape, words) for words in _TRIALS)
        return one if one == other else None


def _tried(
    template: ChatTemplate, shape: tuple[tuple[str, bool], ...], form: str
) -> _Skeleton | None:
    words = [form.format(number) for number in range(len(shape))]
    messages = [
        {"role": role, "content": said} | ({"loss": False} if masked else {})
        for (role, masked), said in zip(shape, words, strict=True)
    ]
    try:
        laid = lay_out(template, Conversation(messages, None, "", 0))
    except TemplateRefuses:
        return None
    if any(laid.text.count(said) != 1 for said in words):
        return None
    order = sorted(range(len(words)), key=lambda number: laid.text.index(words[number]))
    places = [(laid.text.index(words[number]), len(words[number])) for number in order]
    between, at = [], 0
    for start, size in places:
        between.append(laid.text[at:start])
        at = start + size
    between.append(laid.text[at:])
    spans = [
        (_place(span.start, places), _place(span.end, places), span.trained) for span in laid.spans
    ]
    if any(before < 0 for place in spans for _, before in place[:2]):
        return None
    return _Skeleton(between, order, spans, laid.notes)


def _place(at: int, places: list[tuple[int, int]]) -> tuple[int, int]:
    """How many words end at or before ``at``, and how many other signs stand before it; -1 of these
    within words."""
    before = [size for start, size in places if start + size <= at]
    inside = any(start < at < start + size for start, size in places)
    return len(before), -1 if inside else at - sum(before)


def _tags(source: str) -> list[str]:
    """The texts in a template's code that it may look for in words."""
    from jinja2 import Environment
    from jinja2.exceptions import TemplateError

    try:
        strings = [text for _, kind, text in Environment().lex(source) if kind == "string"]
    except TemplateError:
        return [""]  # found in all words
    texts = {text[1:-1].encode().decode("unicode_escape", "replace") for text in strings}
    return sorted(text for text in texts if len(text) > 1 and not text.isalnum() and text.strip())
