"""Verifying in a process of its own: the words after ``danlu`` that do it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.chat.part import Part
from engine.evaluate.match import Mode
from engine.runs.store import SPEC_NAME

_GOLDEN = ("--golden", "--match")


def verify_command(part: Part) -> list[str]:
    """Verifies what ``part``, which was tuned, speaks as."""
    folder = tuned_folder(part)
    base = [] if of_run(part) or part.adapter is None else ["--base-model", part.model.source]
    return ["verify", str(folder), *base]


def of_run(part: Part) -> bool:
    """Whether what was tuned is of a run, whose questions are known."""
    return (tuned_folder(part).parent / SPEC_NAME).is_file()


def tuned_folder(part: Part) -> Path:
    return part.adapter or Path(part.model.source)


def with_golden(command: Sequence[str], path: str, match: Mode) -> list[str]:
    """``command`` on the questions in ``path``, judged by ``match``."""
    kept: list[str] = []
    left_out = 0
    for word in command:
        name, told, _ = word.partition("=")
        if name in _GOLDEN:
            left_out = 1 if told else 2
        if left_out:
            left_out -= 1
        else:
            kept.append(word)
    return [*kept, "--golden", path, "--match", match]
