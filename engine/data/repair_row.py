"""Safe repairs of one row: what a person would do by hand without thinking, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.data.columns import HIDDEN
from engine.data.fill import filled
from engine.data.garbled import UNSEEN, half_character, unscrambled
from engine.data.json_faults import mended

_ROLES = {
    "system", "developer", "user", "human", "assistant", "gpt", "bot", "model", "tool", "function",
    "tool_call", "function_call", "tool_response", "function_response", "observation",
    "observations",
}  # fmt: skip
_ALIASES = {"ai": "assistant", "chatgpt": "assistant", "sys": "system", "usr": "user"}
_CALLS = ("tool_call", "function_call")
_TEXTS = (
    "instruction", "input", "output", "query", "response", "prompt", "completion", "question",
    "answer", "chosen", "rejected", "rejected_response", "text", "system",
)  # fmt: skip
_DEEPEST = 64


@dataclass(frozen=True)
class Mended:
    """The row after its repairs, and what was repaired (word keys below ``repair.kind.``)."""

    value: dict[str, Any]
    kinds: tuple[str, ...]


def mend_row(
    value: Mapping[str, Any],
    fill: Mapping[str, str],
    stage: str,
    columns: Mapping[str, str] | None = None,
) -> Mended:
    """``value`` with everything repaired that can be repaired safely; it itself stays as it is.
    ``columns`` maps its columns to danlu's."""
    own = _own_names(value, columns or {})
    row, kinds = {name: value[given] for name, given in own.items()}, []
    for kind, mend in _MENDERS.items():
        if kind == "labels" and stage != "kto":  # elsewhere a label is a class
            continue
        made = mend(row)
        if made != row:
            kinds.append(kind)
            row = made
    made = _texts(row, lambda text: filled(text, fill)) if fill else row
    if made != row:
        kinds.append("placeholders")
    return Mended({own.get(name, name): part for name, part in made.items()}, tuple(kinds))


def _own_names(value: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """danlu's name → the file's; a column that is hidden, or mapped to one there is, keeps its."""
    names: dict[str, str] = {}
    for own in value:
        name = columns.get(own, own)
        taken = name == HIDDEN or name in names or (name != own and name in value)
        names[own if taken else name] = own
    return names


def _texts(value: Any, change: Callable[[str], str], depth: int = 0) -> Any:
    """``value`` with every text in it changed; names of fields stay."""
    if isinstance(value, str):
        return change(value)
    if depth < _DEEPEST and isinstance(value, list):
        return [_texts(each, change, depth + 1) for each in value]
    if depth < _DEEPEST and isinstance(value, dict):
        return {name: _texts(each, change, depth + 1) for name, each in value.items()}
    return value


def _plain(text: str) -> str:
    if half_character(text):
        text = text.encode("utf-8", "ignore").decode("utf-8")
    return UNSEEN.sub("", text) if UNSEEN.search(text) else text


def _controls(row: dict[str, Any]) -> dict[str, Any]:
    return _texts(row, _plain)


def _encoding(row: dict[str, Any]) -> dict[str, Any]:
    return _texts(row, lambda text: unscrambled(text) or text)


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    """Numbers as text where an answer or a question stands."""
    return {
        name: json.dumps(value) if name.lower() in _TEXTS and _is_number(value) else value
        for name, value in row.items()
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _labels(row: dict[str, Any]) -> dict[str, Any]:
    """``"true"`` and 1 as booleans."""
    known: dict[Any, bool] = {"true": True, "false": False, "1": True, "0": False}
    return {
        name: known.get(str(value).strip().lower(), value)
        if name.lower() in ("label", "kto_tag") and not isinstance(value, bool)
        else value
        for name, value in row.items()
    }


def _in_turns(row: dict[str, Any], change: Callable[[list[dict[str, Any]]], Any]) -> dict[str, Any]:
    return {name: change(value) if _are_turns(value) else value for name, value in row.items()}


def _are_turns(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and _role_key(turn) for turn in value)
    )


def _role_key(turn: Mapping[str, Any]) -> str | None:
    return next((key for key in ("role", "from") if isinstance(turn.get(key), str)), None)


def _role(turn: Mapping[str, Any]) -> str:
    return turn[_role_key(turn) or ""]


def _words_key(turn: Mapping[str, Any]) -> str:
    return "content" if "content" in turn else "value"


def _spelt(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Roles as they are written elsewhere: ``User`` and ``AI`` are user and assistant."""
    made = []
    for turn in turns:
        plain = _role(turn).strip().lower()
        known = plain if plain in _ROLES else _ALIASES.get(plain)
        made.append({**turn, _role_key(turn) or "": known} if known else turn)
    return made


def _system_first(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    systems = [turn for turn in turns if _role(turn) == "system"]
    if not systems or not all(isinstance(turn.get(_words_key(turn)), str) for turn in systems):
        return turns
    said = "\n".join(dict.fromkeys(turn[_words_key(turn)] for turn in systems))
    first = {**systems[0], _words_key(systems[0]): said}
    return [first, *(turn for turn in turns if _role(turn) != "system")]


def _merged(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turns of one voice that follow each other as one."""
    made: list[dict[str, Any]] = []
    for turn in turns:
        if made and _may_merge(made[-1], turn):
            key = _words_key(turn)
            made[-1] = {**made[-1], key: f"{made[-1][key]}\n{turn[key]}"}
        else:
            made.append(turn)
    return made


def _may_merge(one: dict[str, Any], other: dict[str, Any]) -> bool:
    key = _words_key(other)
    spoken = isinstance(one.get(key), str) and isinstance(other.get(key), str)
    mergeable = _role(one) not in ("system", "tool", "observation", *_CALLS)
    rest = {k: v for k, v in one.items() if k != key} == {
        k: v for k, v in other.items() if k != key
    }
    return spoken and mergeable and rest


def _tools(row: dict[str, Any]) -> dict[str, Any]:
    """Calls and tools as JSON text, quoted as JSON wants it."""
    made = _in_turns(row, lambda turns: [_called(turn) for turn in turns])
    if isinstance(made.get("tools"), str):
        made["tools"] = _as_json(made["tools"])
    return made


def _called(turn: dict[str, Any]) -> dict[str, Any]:
    key = _words_key(turn)
    if _role(turn) in _CALLS and key in turn:
        return {**turn, key: _as_json(turn[key])}
    if isinstance(turn.get("tool_calls"), list):
        return {**turn, "tool_calls": [_argued(call) for call in turn["tool_calls"]]}
    return turn


def _argued(call: Any) -> Any:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
        return call
    arguments = _as_json(function["arguments"])
    return {**call, "function": {**function, "arguments": arguments}}


def _as_json(written: Any) -> Any:
    """``written`` as JSON text; a text that cannot be mended as it is."""
    if not isinstance(written, str):
        return json.dumps(written, ensure_ascii=False)
    try:
        json.loads(written)
        return written
    except (ValueError, RecursionError):
        values = mended(written)
        one = values[0] if values is not None and len(values) == 1 else None
        return json.dumps(one, ensure_ascii=False) if isinstance(one, dict | list) else written


_MENDERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "encoding": _encoding,
    "controls": _controls,
    "numbers": _numbers,
    "labels": _labels,
    "roles": lambda row: _in_turns(row, _spelt),
    "system": lambda row: _in_turns(row, _system_first),
    "merged": lambda row: _in_turns(row, _merged),
    "tools": _tools,
}
