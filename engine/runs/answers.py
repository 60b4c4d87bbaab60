"""The answers to watched prompts that a run's journal keeps, up to a step."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.runs.journal import JOURNAL_NAME


@dataclass(frozen=True)
class Answer:
    """What was said to ``prompt`` at ``step``; ``before`` is what the untrained model said. None
    where it was not asked; ``exact`` whether it is the trained answer word for word."""

    prompt: str
    text: str
    step: int
    before: str | None = None
    exact: bool | None = None


def answers_at(run_folder: Path, step: int | None = None) -> list[Answer]:
    """The last answer to each prompt at or before ``step`` (None: the last of all), in the order
    of asking."""
    return _last_at(_samples(run_folder), step)


def answers_of(run_folder: Path, steps: Iterable[int]) -> dict[int, list[Answer]]:
    """The same of several steps; the journal is read once."""
    samples = _samples(run_folder)
    return {step: _last_at(samples, step) for step in steps}


def _last_at(samples: list[dict[str, Any]], step: int | None) -> list[Answer]:
    found: dict[str, Answer] = {}
    first: dict[str, str] = {}
    for event in samples:
        prompt, text, at = str(event.get("prompt")), str(event.get("text")), event.get("step")
        if not isinstance(at, int):
            continue
        if at == 0:
            first[prompt] = text
        if step is None or at <= step:
            before = first.get(prompt) if at else None
            found[prompt] = Answer(prompt, text, at, before, event.get("exact"))
    return list(found.values())


def _samples(run_folder: Path) -> list[dict[str, Any]]:
    """The sample events; other lines, which are most, are passed over unread."""
    found = []
    try:
        with open(run_folder / JOURNAL_NAME, "rb") as file:
            lines = [line for line in file if b'"sample"' in line[:120]]
    except OSError:
        return []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("kind") == "sample":
            found.append(event)
    return found
