"""Blind votes between two voices: which stood first is drawn anew for each question; every vote is
kept the moment it is given. No torch: any screen may import it."""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engine.chat.sampling import Sampling
from engine.chat.win_rate import WinRate, win_rate
from engine.errors import DanluError
from engine.home import home
from engine.runs.atomic import write_atomically

Side = Literal["a", "b"]
Choice = Literal["first", "second", "equal", "skip"]
Message = dict[str, Any]


@dataclass(frozen=True)
class Vote:
    """One question, both answers, which side stood first, and what was chosen."""

    messages: list[Message]
    a: str
    b: str
    first: Side
    choice: Choice
    time: float = 0.0

    @property
    def winner(self) -> Side | None:
        """The side that was chosen; None for equal and skipped."""
        if self.choice == "first":
            return self.first
        return ("b" if self.first == "a" else "a") if self.choice == "second" else None

    def preference(self) -> dict[str, Any] | None:
        """The row TRL's DPOTrainer takes as it is: ``{prompt, chosen, rejected}``, each a list of
        messages; None where nothing was preferred."""
        if self.winner is None or self.a.strip() == self.b.strip():
            return None
        chosen, rejected = (self.a, self.b) if self.winner == "a" else (self.b, self.a)
        return {
            "prompt": self.messages,
            "chosen": [{"role": "assistant", "content": chosen}],
            "rejected": [{"role": "assistant", "content": rejected}],
        }


@dataclass(frozen=True)
class Tally:
    """How the votes stand; ``rate`` is side b's share of the decided ones."""

    a: int
    b: int
    equal: int
    skipped: int

    @property
    def rate(self) -> WinRate:
        return win_rate(self.b, self.a + self.b)

    @property
    def votes(self) -> int:
        return self.a + self.b + self.equal


class Ballot:
    """One comparison of sides a and b, in a file a line a vote. What is in it survives a crash."""

    def __init__(self, path: Path, head: dict[str, Any], votes: list[Vote]) -> None:
        self.path = path
        self._head = head
        self.a: str = head["a"]
        self.b: str = head["b"]
        self.seed: int = head["seed"]
        self.votes = votes
        self.revealed = False

    @property
    def asked(self) -> int:
        """How many questions were voted on or passed over."""
        return len(self.votes)

    def first_side(self) -> Side:
        """Which side stands first at the next question: drawn from the seed and its number."""
        return random.Random(f"{self.seed}:{self.asked}").choice(("a", "b"))

    def vote(self, messages: list[Message], a: str, b: str, choice: Choice) -> Vote:
        """Keep a vote on the next question. Raises DanluError ``chat.cannot_write``."""
        vote = Vote(messages, a, b, self.first_side(), choice, round(time.time(), 1))
        self._keep({"kind": "vote", **asdict(vote)})
        self.votes.append(vote)
        return vote

    def undo(self) -> Vote | None:
        """Take back the last vote; None where there is none."""
        if not self.votes:
            return None
        self._keep({"kind": "undo"})
        return self.votes.pop()

    def reveal(self) -> None:
        """The names are told: no more votes belong to this comparison."""
        if self.votes and not self.revealed:
            self._keep({"kind": "revealed"})
            self.revealed = True

    def _keep(self, line: dict[str, Any]) -> None:
        """A comparison without any vote leaves no file."""
        if not self.path.exists():
            _append(self.path, self._head)
        _append(self.path, line)

    @property
    def tally(self) -> Tally:
        won = [vote.winner for vote in self.votes]
        chosen = [vote.choice for vote in self.votes]
        return Tally(won.count("a"), won.count("b"), chosen.count("equal"), chosen.count("skip"))

    def preferences(self) -> list[dict[str, Any]]:
        """The decided votes as rows of a preference file."""
        return [row for vote in self.votes if (row := vote.preference())]

    def export(self, path: Path) -> int:
        """Write the preference file (JSONL); how many rows it has. Raises DanluError
        ``chat.no_preferences`` where nothing was decided, ``chat.cannot_write``."""
        rows = self.preferences()
        if not rows:
            raise DanluError("chat.no_preferences")
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        try:
            write_atomically(path, text)
        except OSError as error:
            raise _cannot_write(path, error) from error
        return len(rows)

    def keep_preferences(self) -> Path:
        """Write the preference file where danlu keeps its own, for a run to train on. Raises as
        :meth:`export` does."""
        path = home() / "preferences" / self.path.name
        self.export(path)
        return path

    def document(self) -> dict[str, Any]:
        """``{a, b, votes, a_won, b_won, equal, skipped, win_rate: {won, decided, share, low,
        high}, path}``; the rate is side b's."""
        tally = self.tally
        return {
            "a": self.a,
            "b": self.b,
            "votes": tally.votes,
            "a_won": tally.a,
            "b_won": tally.b,
            "equal": tally.equal,
            "skipped": tally.skipped,
            "win_rate": tally.rate.document(),
            "path": str(self.path),
        }


def votes_root() -> Path:
    """Where comparisons are kept, each in a file of JSON lines."""
    return home() / "votes"


def open_ballot(a: str, b: str, sampling: Sampling, seed: int | None = None) -> Ballot:
    """The comparison of ``a`` and ``b`` whose names were not told yet, else a new one."""
    latest = latest_ballot(a, b)
    if latest is not None and not latest.revealed:
        return latest
    head = {
        "kind": "comparison",
        "a": a,
        "b": b,
        "seed": random.SystemRandom().randrange(2**31) if seed is None else seed,
        "time": round(time.time(), 1),
        "sampling": sampling.document(),
    }
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{_safe(a)}-{_safe(b)}"
    return Ballot(_free(votes_root(), name), head, [])


def latest_ballot(a: str, b: str) -> Ballot | None:
    """The newest comparison of ``a`` and ``b``; None where there was none."""
    for path in sorted(votes_root().glob("*.jsonl"), reverse=True):
        found = _read(path)
        if found and (found.a, found.b) == (a, b):
            return found
    return None


def _read(path: Path) -> Ballot | None:
    lines = list(_lines(path))
    if not lines or lines[0].get("kind") != "comparison":
        return None
    ballot = Ballot(path, lines[0], [])
    for line in lines[1:]:
        kind = line.pop("kind", None)
        if kind == "vote":
            ballot.votes.append(Vote(**line))
        elif kind == "undo" and ballot.votes:
            ballot.votes.pop()
        elif kind == "revealed":
            ballot.revealed = True
    return ballot


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of ``path``; one cut short by a crash is passed over."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.split("\n"):  # a text may hold other signs that end lines
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _append(path: Path, line: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
            cut_short = bool(end) and file.read(1) != b"\n"
            text = json.dumps(line, ensure_ascii=False) + "\n"
            file.write((b"\n" if cut_short else b"") + text.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> DanluError:
    return DanluError("chat.cannot_write", path=path, reason=error.strerror or error)


def _safe(label: str) -> str:
    return re.sub(r"[^\w.-]+", "-", label).strip("-.")[:40] or "model"


def _free(folder: Path, name: str) -> Path:
    path, number = folder / f"{name}.jsonl", 2
    while path.exists():
        path, number = folder / f"{name}-{number}.jsonl", number + 1
    return path
