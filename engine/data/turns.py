"""Whether the turns of a conversation follow each other as a model can learn from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.finding import Finding, found


@dataclass(frozen=True)
class Turn:
    """One message, and the JSON pointer of its words in the row."""

    message: dict[str, Any]
    pointer: str

    @property
    def words(self) -> str:
        """What is said, without blanks around it."""
        return self.message["content"].strip()


def problems(turns: list[Turn], file: str, line: int) -> tuple[list[Finding], list[Turn]]:
    """What is wrong with the turns, and those to train on: empty system turns and turns behind the
    last answer are left off."""
    turns = [turn for turn in turns if turn.message["role"] != "system" or turn.words]
    if not any(turn.message["role"] == "assistant" for turn in turns):
        return [found("no_assistant", file, line)], turns
    findings = []
    ending = len(turns)
    while turns[ending - 1].message["role"] != "assistant":
        ending -= 1
    if ending < len(turns):
        findings.append(found("unanswered_end", file, line, turns[ending].pointer))
    turns = turns[:ending]
    findings += [*_order(turns, file, line), *_empty(turns, file, line)]
    return findings, turns


def prompt_problems(turns: list[Turn], file: str, line: int) -> tuple[list[Finding], list[Turn]]:
    """What is wrong with turns that end with a question, and those to ask: an answer at the end is
    left off."""
    turns = [turn for turn in turns if turn.message["role"] != "system" or turn.words]
    findings = []
    while turns and turns[-1].message["role"] == "assistant":
        findings = [found("answer_left_off", file, line, turns[-1].pointer)]
        turns = turns[:-1]
    if not turns or turns[-1].message["role"] == "system":
        return [found("no_question", file, line)], turns
    findings += [*_order(turns, file, line), *_empty(turns, file, line)]
    return findings, turns


def _empty(turns: list[Turn], file: str, line: int) -> Iterator[Finding]:
    """Questions and answers without words."""
    codes = {"assistant": "empty_answer", "user": "empty_question"}
    for turn in turns:
        code = codes.get(turn.message["role"])
        if code and not turn.words and not turn.message.get("tool_calls"):
            yield found(code, file, line, turn.pointer)


def _order(turns: list[Turn], file: str, line: int) -> list[Finding]:
    """The first turn that cannot stand where it stands, as a finding."""
    before, calling = "", False
    for turn in turns:
        role = turn.message["role"]
        if not _may_follow(role, before, calling, bool(turn.message.get("tool_calls"))):
            return [_misplaced(turn, role, before, file, line)]
        calling = bool(turn.message.get("tool_calls")) or (role == "tool" and calling)
        before = role
    return []


def _misplaced(turn: Turn, role: str, before: str, file: str, line: int) -> Finding:
    place = (file, line, turn.pointer)
    if role == "system":
        return found("system_not_first", *place)
    if before in ("", "system"):
        return found("begins_with_answer", *place, role=role)
    if role == before:
        return found("repeated_role", *place, role=role)
    return found("role_order", *place, role=role, before=before)


def _may_follow(role: str, before: str, calling: bool, calls: bool) -> bool:
    if role == "system":
        return before == ""
    if role == "user":
        return before in ("", "system", "assistant")
    if role == "tool":
        return calling
    return before in ("user", "tool") or (before == "assistant" and calls and not calling)
