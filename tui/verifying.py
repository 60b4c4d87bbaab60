"""Verifying: what was found before is shown, else it is asked in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import words
from engine.chat.part import Part
from engine.chat.target import resolve_target
from engine.chat.verify_report import kept_report
from engine.evaluate.match import Mode
from engine.runs.made import runs_behind
from engine.runs.store import SPEC_NAME
from tui.screens.base import DanluScreen

_GOLDEN = ("--golden", "--match")


@dataclass(frozen=True)
class Wanted:
    """What is to be verified. ``command`` asks the trained questions, where these are ``known``;
    ``kept`` is the report of the last time."""

    command: list[str]
    known: bool
    kept: dict[str, Any] | None = None


def wanted_of(target: str) -> Wanted:
    """What verifying ``target`` means. Reads a few files: call it in a thread. Raises DanluError
    ``chat.*``."""
    tuned = resolve_target(target).tuned
    command = ["verify", target]
    if tuned is None:  # the job says why nothing can be asked of a plain model
        return Wanted(command, True)
    return Wanted(command, has_questions(tuned), kept_report(tuned))


def wanted_of_part(part: Part) -> Wanted:
    """The same of what ``part``, which was tuned, speaks as."""
    folder = part.adapter or Path(part.model.source)
    known = has_questions(folder)
    base = [] if known or part.adapter is None else ["--base-model", part.model.source]
    return Wanted(["verify", str(folder), *base], known, kept_report(folder))


def has_questions(tuned: Path) -> bool:
    """Whether the run that tells which questions it was trained on is known."""
    return (tuned.parent / SPEC_NAME).is_file() or bool(runs_behind(tuned))


def show_or_ask(screen: DanluScreen, wanted: Wanted) -> None:
    """Show what was found before, where a key asks again; else ask the trained questions, and of
    what no run tells of golden ones."""
    if wanted.kept is not None:
        from tui.screens.verify import VerifyScreen

        screen.app.push_screen(VerifyScreen(wanted.kept, _as_kept(wanted)))
    elif wanted.known:
        screen.danlu.start_job(wanted.command)
    else:
        ask_golden(
            screen,
            lambda path: screen.danlu.start_job(with_golden(wanted.command, path, "normalised")),
        )


def ask_golden(screen: DanluScreen, then: Callable[[str], None]) -> None:
    """Let the person choose a file of questions with their own answers."""
    from tui.screens.browse import BrowseScreen

    about = words.t("verify_screen.browse_about")
    browse = BrowseScreen(Path.cwd(), about, "data")
    screen.app.push_screen(browse, lambda path: then(str(path)) if path is not None else None)


def with_golden(command: Sequence[str], path: str, match: Mode) -> list[str]:
    """``command`` on the questions in ``path``, judged by ``match``."""
    return [*on_trained(command), "--golden", path, "--match", match]


def on_trained(command: Sequence[str]) -> list[str]:
    """``command`` on the trained questions, judged as they are by default."""
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
    return kept


def _as_kept(wanted: Wanted) -> list[str]:
    """The command that asks what the kept report tells of once more."""
    kept = wanted.kept or {}
    if kept["golden"]:
        return with_golden(wanted.command, kept["golden"], kept["match"])
    return wanted.command
