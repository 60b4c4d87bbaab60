"""What was found at a path another program wrote: what it is, and what can be done with it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine import words
from engine.chat.target import ChatTarget
from tui.preface import TOLD_BY_ITSELF
from tui.run_details import base_words
from tui.screens.overlay import OverlayScreen
from tui.widgets.prose import Prose

_SHOWN = 200  # characters of a system prompt


class OpenedScreen(OverlayScreen[str]):
    """Dismissed with what to do (``chat``, ``verify``, ``evaluate``, ``export``, ``serve``,
    ``branch``), or with ``base`` where another base is to be named."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,c", "use('chat')", "keys.run_chat", id="opened.chat"),
        Binding("v", "use('verify')", "keys.run_verify", id="opened.verify"),
        Binding("e", "use('evaluate')", "keys.run_evaluate", id="opened.evaluate"),
        Binding("x", "use('export')", "keys.run_export", id="opened.export"),
        Binding("s", "use('serve')", "keys.run_serve", id="opened.serve"),
        Binding("n", "use('branch')", "keys.run_branch", id="opened.branch"),
        Binding("b", "use('base')", "keys.opened_base", id="opened.base"),
    ]

    def __init__(self, path: Path, found: ChatTarget) -> None:
        super().__init__()
        self._path = path
        self._found = found

    def work(self) -> list[Widget]:
        found = self._found
        kind = "adapter" if found.adapter else "full" if found.weights else "plain"
        facts = f"{words.t(f'runs.{kind}')} · {base_words(found.base.source)}"
        told = [words.said(code, values) for code, values in found.notes if code != TOLD_BY_ITSELF]
        if found.system:
            told.append(words.t("runs.trained_system", system=found.system[:_SHOWN]))
        notes = [Prose("· ", note) for note in told]
        title = Prose("", found.label, style="bold")
        return [title, Prose("", facts), *notes, Prose("", str(self._path))]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if parameters == ("verify",):
            return self._found.tuned is not None
        if parameters == ("base",):
            return self._found.adapter is not None and self._found.run is None
        return super().check_action(action, parameters)

    def action_use(self, what: str) -> None:
        self.dismiss(what)
