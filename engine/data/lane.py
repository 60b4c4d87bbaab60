"""Reading rows of a known shape in bulk: most rows of a file are alike and nothing is wrong with
them, and C can tell that of a thousand at once. The others go the exact way, one by one.

A row's shape is everything about it but the words of its texts: its columns, the roles of its
turns, which texts are empty. Whether a shape is good is not judged here: a row of that shape, with
words that stand for nothing, is put through the exact check (:class:`Trial`). Imports msgspec,
xxhash and pyarrow when called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from engine.data.conversation import Conversation
from engine.data.digest import END, plain_text

Trial = Callable[[dict[str, Any]], Any]
"""What the exact check makes of a row's value that stands alone: an example, or None."""

_LONG = 1 << 20  # bytes: longer lines go the exact way
_WORD = re.compile(r"danluword(\d{6})x")
_STATES = (None, "", "  ")  # a text that is null, empty, blank; 3 stands for words


@dataclass
class Block:
    """What is known of some lines: ``lanes`` has for each the number of the lane it is of, or -1
    where it must go the exact way; ``texts`` and ``digests`` are those of the others, in order."""

    lines: list[bytes]
    lanes: list[int]
    texts: list[bytes]
    digests: list[bytes]


class _Pattern(NamedTuple):
    """How the plain text of rows of one shape is put together from their texts: a ``%`` format,
    a choice of the texts (None: all, in order), and how many NULs it has."""

    form: str
    pick: Callable[[tuple[str, ...]], tuple[str, ...]] | None
    ends: int


class Lane:
    """One set of columns, taken from ``example``: a row that the exact check found nothing wrong
    with. Of the columns in ``judged`` what is no text must be as in the example."""

    def __init__(self, example: Mapping[str, Any], judged: Collection[str], trial: Trial) -> None:
        self._example, self._trial = example, trial
        self.columns = frozenset(example)
        self.turns, self._turn_keys = _turns_of(example, judged)
        looked_at = {n: v for n, v in example.items() if n in judged and n != self.turns}
        self.texts = [name for name, value in looked_at.items() if isinstance(value, str)]
        self._fixed = {n: v for n, v in looked_at.items() if not isinstance(v, str)}
        self._patterns: dict[Any, _Pattern | None] = {}
        self._decode = self._decoder()

    def _decoder(self) -> Any:
        import msgspec

        options: Any = {"gc": False, "forbid_unknown_fields": True}
        fields, names = [], {}
        for number, name in enumerate(self._example):
            names[name] = f"c{number}" if name != self.turns else "turns"
            kind: Any = Any
            if name == self.turns:
                keys: dict[str, str] = dict(zip(("role", "content"), self._turn_keys, strict=True))
                parts = [("role", str), ("content", str)]
                kind = tuple[msgspec.defstruct("Turn", parts, rename=keys, **options), ...]
            elif name in self.texts:
                kind = str | None
            fields.append((names[name], kind))
        named = {field: name for name, field in names.items()}
        row = msgspec.defstruct("Row", fields, rename=named, **options)
        self._get_texts = [attrgetter(names[name]) for name in self.texts]
        self._get_fixed = [(attrgetter(names[n]), value) for n, value in self._fixed.items()]
        self._role, self._content = attrgetter("role"), attrgetter("content")
        return msgspec.json.Decoder(row).decode

    def decode(self, lines: list[bytes]) -> list[Any]:
        """Each line as a row; None for one that has not this lane's columns and types."""
        import msgspec

        rows: list[Any] = []
        rest = iter(lines)
        while True:
            try:
                rows.extend(map(self._decode, rest))
                return rows
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                rows.append(None)

    def said(self, rows: list[Any]) -> list[bytes | None]:
        """The plain texts (:func:`engine.data.digest.plain_text`), in UTF-8, of the rows of a good
        shape; None for the others."""
        if not self.turns or self.texts or self._fixed:
            return [None if row is None else self._text(row) for row in rows]
        # The same as _text does, for rows of turns alone: this loop takes most of a check's time.
        role, content, strip, patterns = self._role, self._content, str.strip, self._patterns
        said: list[bytes | None] = []
        for row in rows:
            if row is None:
                said.append(None)
                continue
            words = tuple(map(content, row.turns))
            pattern = patterns.get((tuple(map(role, row.turns)), ()))
            if pattern is None:
                said.append(self._text(row))
            elif all(map(strip, words)):
                text = (pattern.form % words).encode()
                said.append(text if text.count(b"\0") == pattern.ends else None)
            else:
                said.append(None)
        return said

    def _text(self, row: Any) -> bytes | None:
        roles: tuple[str, ...] = ()
        words: tuple[str, ...] = ()
        if self.turns:
            roles = tuple(map(self._role, row.turns))
            words = tuple(map(self._content, row.turns))
            if not all(map(str.strip, words)):
                return None
        states: tuple[int, ...] = ()
        if self._get_texts:
            values = [get(row) for get in self._get_texts]
            states = tuple([_state(value) for value in values])
            words += tuple([v for v, s in zip(values, states, strict=True) if s == 3])
        for get, value in self._get_fixed:
            if get(row) != value:
                return None
        try:
            pattern = self._patterns[roles, states]
        except KeyError:
            pattern = self._learn(roles, states)
        if pattern is None:
            return None
        text = (pattern.form % (pattern.pick(words) if pattern.pick else words)).encode()
        return text if text.count(b"\0") == pattern.ends else None

    def _learn(self, roles: tuple[str, ...], states: tuple[int, ...]) -> _Pattern | None:
        if len(self._patterns) > 10_000:  # every row another shape: nothing is won by bulk
            return None
        pattern = self._patterns[roles, states] = self._pattern(roles, states)
        return pattern

    def _pattern(self, roles: tuple[str, ...], states: tuple[int, ...]) -> _Pattern | None:
        """How rows of this shape are put together; None where the exact check finds anything."""
        made = self._trial(self._sample(roles, states))
        if not isinstance(made, Conversation) or made.findings or made.tools:
            return None
        text = plain_text(made.messages)
        if text is None:
            return None
        used = [int(number) for number in _WORD.findall(text)]
        if len(set(used)) < len(used) or not set(range(len(roles))) <= set(used):
            return None  # a text stands twice, or a turn's is left out
        form = _WORD.sub("%s", text.replace("%", "%%"))
        in_order = used == list(range(len(roles) + states.count(3)))
        return _Pattern(form, None if in_order else _pick(used), form.count(END))

    def _sample(self, roles: tuple[str, ...], states: tuple[int, ...]) -> dict[str, Any]:
        value = dict(self._example)
        number = len(roles)
        if self.turns:
            role, content = self._turn_keys
            value[self.turns] = [
                {role: said_by, content: _word(at)} for at, said_by in enumerate(roles)
            ]
        for name, state in zip(self.texts, states, strict=True):
            value[name] = _word(number) if state == 3 else _STATES[state]
            number += state == 3
        return value


def _pick(numbers: list[int]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    return lambda words: tuple([words[number] for number in numbers])


def _word(number: int) -> str:
    return f"danluword{number:06d}x"


def _state(text: str | None) -> int:
    if text is None:
        return 0
    if not text:
        return 1
    return 3 if text.strip() else 2


def _turns_of(
    example: Mapping[str, Any], judged: Collection[str]
) -> tuple[str | None, tuple[str, ...]]:
    """The column of turns, and the keys of role and words that all of its turns have."""
    for name in judged:
        turns = example.get(name)
        if not isinstance(turns, list) or not turns:
            continue
        if not all(isinstance(turn, dict) and len(turn) == 2 for turn in turns):
            continue
        for role, content in (("role", "content"), ("from", "value")):
            if all(isinstance(t.get(role), str) and isinstance(t.get(content), str) for t in turns):
                return name, (role, content)
    return None, ()


class Lanes:
    """The lanes of one file, tried one after another. ``shape_of`` tells what a row is before words
    are filled in, ``trial`` what the whole check makes of it. With ``content`` rows whose words may
    deserve a remark go the exact way too."""

    def __init__(self, shape_of: Trial, trial: Trial, *, content: bool) -> None:
        self.all: list[Lane] = []
        self._shape_of, self._trial, self._content = shape_of, trial, content

    def add(self, example: Mapping[str, Any], judged: Collection[str]) -> None:
        """Read rows like ``example`` in bulk from now on."""
        self.all.append(Lane(example, judged, self._shape_of))

    def read(self, raw: bytes) -> Block:
        """The lines of ``raw``, which ends where a line ends."""
        from xxhash import xxh3_128_digest

        lines = lines_of(raw)
        first, *rest = self.all
        texts = first.said(first.decode(lines))
        lanes = [-1 if text is None else 0 for text in texts] if None in texts else [0] * len(texts)
        for number, lane in enumerate(rest, 1):
            left = [place for place, known in enumerate(lanes) if known < 0]
            again = lane.said(lane.decode([lines[place] for place in left]))
            for place, text in zip(left, again, strict=True):
                if text is not None:
                    texts[place], lanes[place] = text, number
        known = [text for text in texts if text is not None]
        odd = list(self._odd(lines, texts, known))
        for place in odd:
            texts[place], lanes[place] = None, -1
        if odd:
            known = [text for text in texts if text is not None]
        return Block(lines, lanes, known, [xxh3_128_digest(text) for text in known])

    def _odd(
        self, lines: list[bytes], texts: list[bytes | None], known: list[bytes]
    ) -> Iterator[int]:
        """Where the exact check has something to say of a text after all."""
        if self._content:
            from engine.data.suspicions import suspicious

            numbers = suspicious(known)
        else:
            numbers = [n for n, text in enumerate(known) if b"{" in text or b"<" in text]
        if not numbers and max(map(len, lines)) <= _LONG:
            return
        places = [place for place, text in enumerate(texts) if text is not None]
        for number in numbers:
            made = self._trial(json.loads(lines[places[number]]))
            if not isinstance(made, Conversation) or made.findings:
                yield places[number]
        yield from (place for place in places if len(lines[place]) > _LONG)


def lines_of(raw: bytes) -> list[bytes]:
    """The lines of ``raw`` without their ends."""
    lines = raw.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines
