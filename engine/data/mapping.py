"""Which of a file's columns is probably what, where its columns are of no format danlu knows.

By what they are called first (``schemas/data/names.json``), then by what stands in them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.data.columns import QUERY, REJECTED, RESPONSE, TEXT, TURNS, layout_of, named
from engine.data.spoken import ROLES

_NAMES = Path(__file__).parents[1] / "schemas" / "data" / "names.json"
_NEEDED = {  # in the order they are sought
    "sft": ("query", "response"),
    "pt": ("text",),
    "dpo": ("query", "chosen", "rejected"),
    "kto": ("query", "response", "label"),
    "grpo": ("query",),
}
_ASKED = ("instruction", "input", "query", "system", "history", "images", "tools")
_SOUGHT = {  # by name
    "sft": (*_ASKED, "response"),
    "pt": ("text",),
    "dpo": (*_ASKED, "chosen", "rejected"),
    "kto": (*_ASKED, "response", "label"),
    "grpo": _ASKED,
}
_NO_TEXT = re.compile(
    r"\s*(?:[\d\W_]*|https?://\S+|[0-9a-f-]{16,}|\S+\.(?:jpe?g|png|mp[34]))\s*", re.I
)
_LIKE_ROLE = ("role", "from", "speaker", "who", "author", "name", "sender")
_COLUMNS = 500  # more than these are no table a person made


@dataclass(frozen=True)
class Proposal:
    """Columns (the file's → danlu's) and tags with which the rows would be of a known format."""

    columns: dict[str, str]
    tags: dict[str, str] | None = None


def propose(rows: Sequence[Mapping[str, Any]], stage: str = "sft") -> Proposal | None:
    """The likeliest mapping of ``rows`` (some of a file's first ones) for the stage; None where
    none can be made out."""
    if not rows or len(rows[0]) > _COLUMNS:
        return None
    turns = _turns(rows)
    if turns is not None:
        column, tags = turns
        others = _by_names(rows, ("system", "tools", "images", "chosen", "rejected", "label"))
        return _tried(Proposal({column: "conversations", **others}, tags), rows, stage)
    columns = _by_names(rows, _SOUGHT[stage])
    for wanted in _NEEDED[stage]:
        if wanted not in _reached(rows[0], columns):
            own = _by_content(rows, wanted, columns)
            if own is not None:
                columns[own] = wanted
    return _tried(Proposal(_paired(columns)), rows, stage)


@cache
def _names() -> dict[str, tuple[str, ...]]:
    names = json.loads(_NAMES.read_text("utf-8"))["names"]
    return {field: tuple(map(_bare, said)) for field, said in names.items()}


@cache
def _every_name() -> frozenset[str]:
    usual = (*QUERY, *RESPONSE, *TEXT, *TURNS, *REJECTED, *_names())
    return frozenset(map(_bare, (*usual, *(n for said in _names().values() for n in said))))


def is_column_name(cell: str) -> bool:
    """Whether a cell holds what columns are often called."""
    return _bare(cell) in _every_name()


@cache
def _roles() -> dict[str, tuple[str, ...]]:
    roles = json.loads(_NAMES.read_text("utf-8"))["roles"]
    return {tag: tuple(map(_bare, said)) for tag, said in roles.items()}


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _by_names(rows: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> dict[str, str]:
    """The file's column → danlu's, for those whose name says it; each of danlu's once."""
    found: dict[str, str] = {}
    for field_ in wanted:
        for own in rows[0]:
            if own not in found and _bare(str(own)) in (field_, *_names()[field_]):
                found[own] = field_
                break
    return found


def _reached(row: Mapping[str, Any], columns: Mapping[str, str]) -> set[str]:
    """danlu's fields that the row has with ``columns``, an instruction counted as a query."""
    names = set(named(row, columns))
    same = {"instruction": "query", "input": "query", "prompt": "query", "question": "query",
            "output": "response", "answer": "response", "completion": "response",
            "solution": "response"}  # fmt: skip
    return names | {same[name] for name in names if name in same}


def _paired(columns: dict[str, str]) -> dict[str, str]:
    """An instruction goes with an output, not with a response."""
    if "instruction" not in columns.values():
        return {own: "query" if name == "input" and "query" not in columns.values() else name
                for own, name in columns.items()}  # fmt: skip
    return {own: "output" if name == "response" else name for own, name in columns.items()}


def _by_content(
    rows: Sequence[Mapping[str, Any]], wanted: str, taken: Mapping[str, str]
) -> str | None:
    """The column that is likeliest to hold ``wanted``, by what stands in it."""
    free = [own for own in rows[0] if own not in taken]
    if wanted == "label":
        return next((own for own in free if all(isinstance(r.get(own), bool) for r in rows)), None)
    spoken = {own: _spoken(rows, own) for own in free}
    texts = [own for own in free if spoken[own]]
    if not texts:
        return None
    if wanted == "query":
        asking = {own: _asking(spoken[own]) for own in texts}
        best = max(texts, key=asking.__getitem__)
        if asking[best] > 0.3 or len(texts) == 1:
            return best
        return min(texts[:2], key=lambda own: _length(spoken[own])) if len(texts) == 2 else texts[0]
    if wanted in ("chosen", "rejected"):
        return None  # nothing in two answers says which is the better
    return max(texts, key=lambda own: _length(spoken[own]))


def _spoken(rows: Sequence[Mapping[str, Any]], own: str) -> list[str]:
    """The column's texts, where nearly all are words: no numbers, links or names of files."""
    values = [row.get(own) for row in rows]
    texts = [value for value in values if isinstance(value, str) and not _NO_TEXT.fullmatch(value)]
    varied = len(set(texts)) > 1 or len(rows) == 1
    return texts if len(texts) >= 0.8 * len(rows) and varied else []


def _asking(texts: Sequence[str]) -> float:
    return sum("?" in text[-3:] or "\uff1f" in text[-3:] for text in texts) / len(texts)


def _length(texts: Sequence[str]) -> float:
    return sum(map(len, texts)) / len(texts)


def _turns(rows: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, str] | None] | None:
    """The column of turns and their tags, where one holds lists of objects with a role each."""
    for own, value in rows[0].items():
        if not isinstance(value, list) or not value or not isinstance(value[0], dict):
            continue
        entries = [turn for row in rows for turn in row.get(own) or [] if isinstance(turn, dict)]
        tags = _tags(entries)
        if tags is not None:
            return own, tags or None
    return None


def _tags(entries: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """The tags of such turns; {} for the usual ones, None where they cannot be told."""
    keys = Counter(key for turn in entries for key, part in turn.items() if isinstance(part, str))
    everywhere = [key for key, count in keys.items() if count == len(entries)]
    roles = [key for key in everywhere if len({turn[key] for turn in entries}) <= 5]
    ordered = sorted(roles, key=lambda key: key.lower() not in _LIKE_ROLE)
    for role in ordered:
        said = [key for key in everywhere if key != role]
        if not said:
            continue
        content = max(said, key=lambda key: sum(len(turn[key]) for turn in entries))
        usual = (role, content) in (("role", "content"), ("from", "value"))
        if usual and {turn[role] for turn in entries} <= ROLES.keys():
            return {}
        speakers = _speakers(entries, role)
        if speakers is not None:
            keys = {} if role == "from" and usual else {"role_tag": role, "content_tag": content}
            return {**keys, **speakers}
    return None


def _speakers(entries: Sequence[Mapping[str, Any]], role: str) -> dict[str, str] | None:
    """Who asks and who answers: by name, else who speaks first is the one who asks."""
    order = list(dict.fromkeys(turn[role] for turn in entries))
    by_name = {
        tag: next((name for name in order if _bare(name) in known), None)
        for tag, known in _roles().items()
    }
    left = [name for name in order if name not in by_name.values()]
    for tag in ("user_tag", "assistant_tag"):
        if by_name[tag] is None and left:
            by_name[tag] = left.pop(0)
    found = {tag: name for tag, name in by_name.items() if name is not None}
    return found if {"user_tag", "assistant_tag"} <= found.keys() else None


def _tried(proposal: Proposal, rows: Sequence[Mapping[str, Any]], stage: str) -> Proposal | None:
    """The proposal, when most rows are of a known format with it."""
    read = [
        layout_of(row, "auto", proposal.columns, stage, tags=proposal.tags) is not None
        for row in rows
    ]
    return proposal if sum(read) * 2 > len(rows) else None
