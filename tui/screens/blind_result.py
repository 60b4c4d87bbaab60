"""Who it was: how often each side was preferred, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.chat.votes import Ballot
from engine.errors import DanluError
from tui.cells import fit, right, width
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.error import ErrorScreen
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.vote_words import interval, percent, verdict
from tui.widgets.prose import Prose

_BAR = 28  # cells
_NAME = 30


class BlindResult(OverlayScreen[bool]):
    """The names, the counts, the win rate with its interval; writes the preference file. Dismissed
    with True to train on the votes."""

    AUTO_FOCUS = ".panel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "train", "keys.blind_train", id="blind.train"),
        Binding("p", "export", "keys.blind_export", id="blind.export"),
    ]
    DEFAULT_CSS = "BlindResult .title { text-style: bold; margin-bottom: 1; }"

    def __init__(self, ballot: Ballot) -> None:
        super().__init__()
        self._ballot = ballot

    def work(self) -> list[Widget]:
        tally = self._ballot.tally
        counts = {"votes": tally.votes, "equal": tally.equal, "skipped": tally.skipped}
        ash = ink(self, "ash")
        return [
            Static(words.t("blind.result"), classes="title", markup=False),
            Static(self._bars()),
            Static(""),
            Prose("", percent(tally.rate, self._ballot.b), style=ink(self, "gold", bold=True)),
            Prose("", verdict(self._ballot), style=ink(self, "foreground", bold=True)),
            Prose("", words.t("blind.interval_about"), style=ash),
            Static(""),
            Prose("", words.t("blind.votes", **counts), style=ash),
            Prose("", words.t("blind.kept", path=self._ballot.path), style=ash),
        ]

    def _bars(self) -> Text:
        tally, rate = self._ballot.tally, self._ballot.tally.rate
        names = (self._ballot.b, self._ballot.a)
        room = min(_NAME, max(width(name) for name in names))
        text = Text(no_wrap=True)
        for name, won, colour in zip(names, (tally.b, tally.a), ("ember", "ash"), strict=True):
            full = round(_BAR * won / rate.decided) if rate.decided else 0
            text.append(fit(name, room) + "  ", ink(self, "foreground", bold=True))
            text.append(sign("full") * full, ink(self, colour))
            text.append(sign("empty") * (_BAR - full), ink(self, "ash"))
            text.append(right(str(won), 5) + "\n")
        if rate.share is None:
            return text
        return text.append(" " * (room + 2) + interval(rate, _BAR), ink(self, "gold"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("train", "export"):
            return bool(self._ballot.preferences())
        return super().check_action(action, parameters)

    def action_train(self) -> None:
        self.dismiss(True)

    def action_export(self) -> None:
        value = str(Path.cwd() / "preferences.jsonl")
        ask = AskScreen(
            lambda: words.t("blind.export"), lambda: words.t("blind.export_about"), value=value
        )
        self.app.push_screen(ask, lambda text: self._export(text) if text else None)

    def _export(self, text: str) -> None:
        path = Path(text).expanduser()
        try:
            rows = self._ballot.export(path)
        except DanluError as error:
            self.app.push_screen(ErrorScreen(error))
        else:
            self.notify(words.t("blind.exported", rows=rows, path=path))
