"""A row's columns under danlu's own names, and the keys of its turns under the usual ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data.dialogue import dialogue
from engine.data.schema import FORMATS
from engine.data.tags import Tags
from engine.errors import DanluError

QUERY = ("query", "prompt", "input", "instruction", "question", "problem")
RESPONSE = (
    "response", "answer", "output", "targets", "target", "answer_key", "answers", "solution",
    "text", "completion", "content",
)  # fmt: skip
TEXT = ("text", "content", "document", "raw_content", "body")
TURNS = ("messages", "conversations", "conversation")
REJECTED = ("rejected", "rejected_response", "rejected_messages")
HIDDEN = "_"
_ALIASES = {"system_prompt": "system", "kto_tag": "label", "image": "images"}
_STRUCTURED = ("messages", "conversations", "history", "images")
_ANSWERS = ("chosen", "rejected", "completion")
_SPELLINGS = {
    "query/response": "query_response",
    "query-response": "query_response",
    "openai": "messages",
    "chatml": "messages",
}


@dataclass(frozen=True)
class Layout:
    """How the rows of one file are read: their format and stage, danlu's column name → the file's,
    and the names of keys and roles within turns. ``typed`` is False where every value is text, as
    in CSV."""

    format: str
    names: Mapping[str, str]
    stage: str = "sft"
    tags: Tags = field(default_factory=Tags)
    typed: bool = True

    @property
    def turns(self) -> str:
        """The name of the column that holds the turns."""
        return "messages" if self.format == "messages" else "conversations"

    def row(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The row under danlu's names, structures that are written as JSON text unfolded."""
        row = {name: value[own] for name, own in self.names.items() if own in value}
        for name in _STRUCTURED:
            if isinstance(row.get(name), str):
                row[name] = _unfolded(row[name])
        for name in _ANSWERS:
            if isinstance(row.get(name), str):
                row[name] = self._answer(row[name])
        if self.tags.given:
            for name in (*_STRUCTURED, *_ANSWERS):
                if name in row:
                    row[name] = self.tags.usual(row[name])
        if self.format == "query_response" and isinstance(row.get("response"), list):
            row["response"] = next(iter(row["response"]), "")
        if not self.typed and isinstance(row.get("label"), str):
            row["label"] = {"true": True, "false": False}.get(row["label"].lower(), row["label"])
        return row

    def _answer(self, text: str) -> Any:
        """An answer that is written as text but stands for messages; most are just text."""
        if self.format == "pair":
            return dialogue(text)
        if self.typed:
            return text
        value = _unfolded(text)
        first = value[0] if isinstance(value, list) and value else value
        is_message = isinstance(first, dict) and {"role", "from"} & first.keys()
        return value if is_message else text

    def own(self, parts: Sequence[str]) -> list[str]:
        """A path in danlu's row as the path in the file's own."""
        if not parts:
            return []
        below = [self.tags.own(part) for part in parts[1:]]
        return [self.names.get(parts[0], parts[0]), *below]


def check_format(name: str, stage: str = "sft") -> str:
    """``name`` as one of the stage's FORMATS or ``auto``. Raises DanluError
    ``data.unknown_format``."""
    known = _SPELLINGS.get(name.lower(), name.lower())
    choices = FORMATS.get(stage) or sorted({one for all_ in FORMATS.values() for one in all_})
    if known != "auto" and known not in choices:
        raise DanluError("data.unknown_format", format=name, choices=", ".join(("auto", *choices)))
    return known


def layout_of(
    value: Mapping[str, Any],
    format: str,
    columns: Mapping[str, str] | None,
    stage: str = "sft",
    *,
    tags: Mapping[str, str] | None = None,
    typed: bool = True,
) -> Layout | None:
    """How rows like ``value`` are read; None when their columns are of no format danlu knows for
    the stage.

    ``columns`` maps names of the file to those of the format; ``_`` hides a column, and ``*: _``
    every column that is not named. ``tags`` names the keys and roles of turns.
    """
    given = Tags.of(tags)
    names = named(value, columns or {})
    wanted = check_format(format, stage)
    if wanted == "auto":
        detected = _detect(names, value, stage, given)
        if detected is None:
            return None
        wanted = detected
    return Layout(wanted, _renamed(names, wanted, stage, value), stage, given, typed)


def is_row(value: Mapping[str, Any]) -> bool:
    """Whether ``value`` has the columns of a row of any format and stage."""
    return any(layout_of(value, "auto", None, stage) is not None for stage in ("sft", "dpo", "pt"))


def named(value: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """Lower-case (or mapped) name → the file's name; the first of two that would clash wins."""
    mapped: dict[str, str] = {}
    for own, name in columns.items():
        if own in value and name != HIDDEN:
            mapped.setdefault(name.lower(), own)
    if columns.get("*") == HIDDEN:
        return mapped
    for own in value:
        if own not in columns:
            name = str(own).lower()
            mapped.setdefault(_ALIASES.get(name, name), own)
    return mapped


def _detect(
    names: Mapping[str, str], value: Mapping[str, Any], stage: str, tags: Tags
) -> str | None:
    pair = "chosen" in names and "rejected" in names
    if stage == "sft" and pair:
        return None  # its answers are not in the turns: training on those alone would mislead
    if stage == "dpo" and not any(name in names for name in REJECTED):
        return None
    if stage == "kto" and "label" not in names:
        return None
    turns = turns_column(names, value)
    if turns is not None:
        found = _turn_format(value[names[turns]], turns, tags)
        return found if stage != "pt" or found == "messages" else None
    if stage == "pt":
        return "text" if any(name in names for name in TEXT) else None
    return _single_format(names, value, stage)


def _single_format(names: Mapping[str, str], value: Mapping[str, Any], stage: str) -> str | None:
    query, response = query_and_response(names)
    if stage == "dpo":
        if "instruction" in names and "chosen" in names:
            return "alpaca"
        if query and ("chosen" in names or response):
            return "query_response"
        return "pair" if "chosen" in names else None
    if stage == "grpo":
        alpaca = "instruction" in names and ("input" in names or "output" in names)
        return "alpaca" if alpaca else "query_response" if query else None
    if "instruction" in names and ("output" in names or "input" in names):
        return "alpaca"
    return "query_response" if query and response else None


def turns_column(names: Mapping[str, str], value: Mapping[str, Any]) -> str | None:
    """The column with turns: by its name, or a prompt that is a list of messages."""
    for turns in TURNS:
        if turns in names:
            return turns
    prompt = value.get(names.get("prompt", ""))
    return "prompt" if isinstance(prompt, list) else None


def _turn_format(turns: Any, name: str, tags: Tags) -> str:
    if isinstance(turns, str):
        turns = _unfolded(turns)
    first = turns[0] if isinstance(turns, list) and turns else None
    if isinstance(first, dict):
        if tags.given:
            return "sharegpt"
        if "role" in first:
            return "messages"
        if {"from", "value", "human", "user"} & first.keys():
            return "sharegpt"
    return "sharegpt" if name in ("conversations", "conversation") else "messages"


def query_and_response(names: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Which columns hold a question and its answer, by their names."""
    query = next((name for name in QUERY if name in names), None)
    return query, next((name for name in RESPONSE if name in names and name != query), None)


def _renamed(
    names: Mapping[str, str], format: str, stage: str, value: Mapping[str, Any]
) -> dict[str, str]:
    made = dict(names)
    renames: list[tuple[str, str | None]] = []
    if format == "query_response":
        query, response = query_and_response(names)
        answer = "chosen" if stage == "dpo" and "chosen" not in names else "response"
        renames += [("query", query), (answer, response)]
    elif format in ("messages", "sharegpt"):
        turns = turns_column(names, value)
        renames.append(("messages" if format == "messages" else "conversations", turns))
        if turns != "prompt" and not isinstance(value.get(names.get("completion", "")), list):
            made.pop("completion", None)  # something else beside a whole conversation
    elif format == "text":
        renames.append(("text", next((name for name in TEXT if name in names), None)))
    if stage == "dpo":
        renames.append(("rejected", next((name for name in REJECTED if name in names), None)))
    for new, old in renames:
        if old:
            made[new] = made.pop(old)
    return made


def _unfolded(text: str) -> Any:
    """What JSON text holds; text that is none as it is."""
    if not text.strip():
        return None
    if text.lstrip()[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
