"""Why a text is not JSON, in the kinds of mistakes people and programs make; and mending them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

_FAULTS = (ValueError, RecursionError)
_CURLY = "“”„‟＂「」"
_WIDE = "：，｛｝［］"
_WORDS = re.compile(r"(?:True|False|None|undefined|NULL|TRUE|FALSE)\b")
_TRAILING = re.compile(r",(\s*[}\]])")
_MOST = 1 << 20  # characters of a text that mending is tried on


def fault_of(text: str, error: Exception) -> str:
    """The code of the finding that says what is wrong with ``text``; ``not_json`` where none of
    the usual mistakes is seen."""
    if not isinstance(error, json.JSONDecodeError):
        return "json_too_deep" if isinstance(error, RecursionError) else "not_json"
    at, said = error.pos, error.msg
    here = text[at : at + 1]
    before = text[max(0, at - 64) : at].rstrip()
    if said.startswith("Extra data"):
        return _behind(text[at : at + 64].strip())
    if said.startswith("Illegal trailing comma") or (here in ("}", "]") and before.endswith(",")):
        return "json_trailing_comma"
    if here and here in _CURLY + _WIDE:
        return "json_wide_quotes"
    if here == "'":
        return "json_single_quotes"
    if _WORDS.match(text, at):
        return "json_python_words"
    if said.startswith("Invalid control"):
        return "json_line_end"
    if said.startswith("Invalid \\"):
        return "json_backslash"
    if text.startswith(("//", "/*", "#"), at):
        return "json_comment"
    if said.startswith("Unterminated"):
        return "json_open_text"
    if said.startswith("Expecting ','") and before.endswith('"'):
        return "json_inner_quote"
    return "not_json"


def _behind(rest: str) -> str:
    if rest.startswith("{"):
        return "json_two_rows"
    if rest == ",":
        return "json_trailing_comma"
    return "json_comment" if rest.startswith(("//", "#", "/*")) else "not_json"


def is_cut(text: str, error: Exception) -> bool:
    """Whether ``text`` is right as far as it goes, and merely ends too early."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip())


def mended(text: str) -> list[Any] | None:
    """What ``text`` was meant to say, one value or several; None where that is not plain.

    Each way of mending can only lead to what was meant or to no JSON at all."""
    if len(text) > _MOST:
        return None
    text = text.strip().removesuffix(",")
    straight = text.translate(str.maketrans(dict.fromkeys("“”„‟＂", '"')))
    wide = re.sub(r"(?<=[\"\]}\d])\s*[：，]\s*", _narrow, straight)
    for candidate in (text, _TRAILING.sub(r"\1", text), straight, wide):
        values = _values(candidate)
        if values is not None:
            return values
    return _python(text)


def _narrow(match: re.Match[str]) -> str:
    return ":" if "：" in match[0] else ","


def _values(text: str) -> list[Any] | None:
    """The JSON values that stand one after another in ``text``, raw line ends allowed."""
    decoder, at, values = json.JSONDecoder(strict=False), 0, []
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            values.append(value)
            at = len(text) - len(text[at:].lstrip(" \t\r\n,"))
    except _FAULTS:
        return None
    return values


def _python(text: str) -> list[Any] | None:
    """A dict as Python prints it, where nothing in it is unknown to JSON."""
    try:
        value = ast.literal_eval(text)
        return (
            [value] if isinstance(value, dict) and json.loads(json.dumps(value)) == value else None
        )
    except (*_FAULTS, SyntaxError, TypeError, MemoryError):
        return None
