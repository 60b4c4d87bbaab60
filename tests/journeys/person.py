"""Someone who sits before a terminal of 80×24, reads danlu's screens and presses keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import words
from engine.runs.store import Run, find_run
from engine.spec.sections import PARAMETERS
from engine.words import t
from tests.terminal.terminal import Terminal

ENTER, ESCAPE, LEFT, RIGHT, UP, DOWN = "\r", "\x1b", "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
CLEAR = "\x15"  # ctrl+u: what is in a line of text
TRAINED = 1800  # seconds a training or an answering may take on a small machine


@dataclass
class Person:
    """``home`` is danlu's own folder, ``desk`` the one the person's files are in. ``learns`` says
    whether ``model`` is one that can learn sentences by heart, so that answers can be held to
    them. ``tell`` is called with each step that is done."""

    home: Path
    desk: Path
    language: str
    model: Path
    learns: bool
    tell: Callable[[str], None] = print
    environment: dict[str, str] = field(default_factory=dict)
    _terminal: Terminal | None = None

    @property
    def terminal(self) -> Terminal:
        assert self._terminal is not None, "danlu is not open"
        return self._terminal

    @contextmanager
    def danlu(self, *arguments: str) -> Iterator[None]:
        """``danlu`` opened on the terminal, and left in the end."""
        words.use_language(self.language)
        lang = "zh_CN.UTF-8" if self.language == "zh" else "C.UTF-8"
        given: dict[str, Any] = {**self.environment, "LANG": lang, "OMP_NUM_THREADS": "2"}
        self._terminal = Terminal(list(arguments), self.home, folder=self.desk, **given)
        try:
            yield
        finally:
            self._terminal.process.close(force=True)
            self._terminal = None

    def sees(self, *wanted: str, seconds: float = 60) -> str:
        """Wait until the screen shows any of ``wanted``."""
        return self.terminal.wait_for(*wanted, seconds=seconds)

    def waits_for(self, path: Path, seconds: float = TRAINED) -> Path:
        """Look at the screen until there is such a file."""
        deadline = time.monotonic() + seconds
        while not path.exists():
            assert time.monotonic() < deadline, f"no {path}:\n{self.terminal.text()}"
            self.terminal.rest(0.5)
        return path

    def presses(self, *keys: str) -> None:
        self.terminal.press(*keys)

    def writes(self, text: str) -> None:
        """Paste ``text`` where the cursor is."""
        self.terminal.process.send(text)
        self.terminal.rest(0.4)

    def goes_back_home(self) -> None:
        """Escape, again and again, until the home menu is there."""
        for _ in range(12):
            if t("keys.home_doctor.label") in self.terminal.text():
                return
            self.presses(ESCAPE)
            self.terminal.rest(0.4)
        self.sees(t("keys.home_doctor.label"))

    def moves_to(self, text: str) -> None:
        """Down, again and again, until the cursor is on the line that shows ``text``."""
        for key in (*[UP] * 12, *[DOWN] * 24):
            if any(text in line and "›" in line for line in self.terminal.text().splitlines()):
                return
            self.presses(key)
        self.sees(f"no cursor on {text}", seconds=0.1)

    def opens_runs(self, *keys: str) -> None:
        """The runs, from home, then ``keys`` on the newest."""
        self.goes_back_home()
        self.presses("4")
        self.sees("checkpoint-")
        self.presses(*keys)

    def asks(self, question: str, answer: str) -> None:
        """On the Chat screen: a question, whose answer has ``answer`` in it if the model learns."""
        self.sees(t("chat_screen.ask"), seconds=120)
        self.writes(question)
        self.presses(ENTER)
        self.sees(*([answer] if self.learns else ["tok/s", "token/秒"]), seconds=TRAINED)

    # The wizard

    def chooses(self, rows: Path, **values: str) -> None:
        """From home through the wizard to its Review: the built-in model, a file of rows, and what
        parameters are to be."""
        self.presses("2")
        self.sees("SmolLM2-135M-Instruct")
        self.presses(RIGHT)
        self.adds_rows(rows)
        self.presses("3")
        self.sees(t("wizard_memory.go"), seconds=120)
        self.presses("4")
        self.sees(t("wizard_parameters.go"))
        self.sets(**values)
        self.presses("5")
        self.sees(t("wizard_review.start"))

    def adds_rows(self, path: Path) -> None:
        """On the Data screen: a file of this machine."""
        self.presses("a")
        self.writes(str(path))
        self.presses(ENTER)
        self.sees(path.name)

    def sets(self, **values: str) -> None:
        """On the Parameters screen: each parameter looked for by its name, and typed. A choice is
        gone through until it shows the value."""
        declared = {path.split(".")[1]: each for path, each in PARAMETERS.items()}
        for name, value in values.items():
            parameter = declared[name]
            self.presses("/")
            self.terminal.rest(0.3)
            self.writes(f"{parameter.section}.{name}")
            self.sees(f"{parameter.section}.{name}")
            self.presses(ENTER)
            if parameter.kind in ("choice", "boolean"):
                self._goes_through_choices(value)
            else:
                self._types(parameter.label, value)
            self.presses(ESCAPE)
            self.terminal.rest(0.5)

    def _goes_through_choices(self, value: str) -> None:
        for _ in range(12):
            if f"‹ {value}" in self.terminal.text():
                return
            self.presses(RIGHT)
        self.sees(f"‹ {value}")

    def _types(self, label: str, value: str) -> None:
        self.presses(ENTER)
        self.terminal.rest(0.3)
        self.presses(CLEAR)
        self.writes(value)
        self.presses(ENTER)
        deadline = time.monotonic() + 20
        while not any(
            f" {label} " in line and value in line for line in self.terminal.text().splitlines()
        ):
            assert time.monotonic() < deadline, f"{label} is not {value}:\n{self.terminal.text()}"

    def trains(self) -> Run:
        """From the Review screen to the end of the run."""
        self.presses(ENTER)
        self.sees(t("status.finished"), seconds=TRAINED)
        run = find_run(None)
        assert run.summary().status == "finished"
        return run

    def evaluates(self, rows: Path, *, tokens: int) -> None:
        """On the Evaluate screen: these rows, answers of at most ``tokens``, the base beside."""
        self.sees(t("evaluate_screen.what"))
        self.presses(ENTER)
        self.writes(str(rows))
        self.presses(ENTER)
        self.sees(rows.name)
        self.presses(DOWN, DOWN, DOWN, ENTER, CLEAR)
        self.writes(str(tokens))
        self.presses(ENTER, DOWN, ENTER, "s")
        self.sees("ROUGE-L", seconds=TRAINED)

    def does(self, what: str) -> None:
        """Say what was just done."""
        self.tell(f"{time.strftime('%H:%M:%S')}  {self.language}  {what}")


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """One JSON object a line."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")
    return path
