"""Whom to talk to: what was trained, the models on this machine, or another one by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.units import human_bytes, human_count
from tui.cells import fit, width
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.row_list import RowList


@dataclass(frozen=True)
class Entry:
    """One line: a heading (no ``target``), or something to talk to."""

    title: str = ""
    target: str = ""
    note: str = ""


class PickerScreen(DanluScreen):
    """Opens the chat with what is chosen."""

    title_key = "picker.title"
    enter_key: ClassVar[str] = "keys.run_chat"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "other", "keys.picker_other", id="picker.other"),
    ]

    class Listed(Message):
        """The runs and the models on this machine are known."""

        def __init__(self, trained: list[Entry], models: list[Entry]) -> None:
            super().__init__()
            self.trained, self.models = trained, models

    def __init__(self) -> None:
        super().__init__()
        self._trained: list[Entry] | None = None
        self._models: list[Entry] = []

    def work(self) -> list[Widget]:
        rows = RowList(
            self._draw,
            self._entries(),
            selectable=lambda entry: bool(entry.target),
            enter=self.enter_key,
        )
        return [rows]

    def on_mount(self) -> None:
        self.run_worker(self._read, thread=True, exit_on_error=False)

    def _read(self) -> None:
        self.post_message(self.Listed(trained_entries(), model_entries()))

    def on_picker_screen_listed(self, message: Listed) -> None:
        self._trained, self._models = message.trained, message.models
        self.query_one(RowList).show(self._entries())

    def _entries(self) -> list[Entry]:
        if self._trained is None:
            return [Entry(), Entry(words.t("picker.looking"))]
        entries = [Entry()]
        if self._trained:
            entries += [Entry(words.t("picker.trained")), *self._trained, Entry()]
        demo = Entry(words.t("picker.embedded"), "embedded", words.t("picker.embedded_note"))
        entries += [Entry(words.t("picker.models")), demo, *self._models]
        return entries

    def _draw(self, entry: Entry, cells: int, selected: bool) -> Text:
        text, ash = Text(), ink(self, "ash")
        if not entry.target:
            return text.append(f"   {entry.title}", ink(self, "ash", bold=True))
        text.append(f" {sign('next')} " if selected else "   ", ink(self, "ember", bold=True))
        column = min(50, cells * 6 // 10)
        text.append(fit(entry.title, max(column, min(width(entry.title), cells - 6))))
        return text.append(f"  {entry.note}", ash)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self._open(message.row.target)

    def action_other(self) -> None:
        ask = AskScreen(words.t("picker.ask"), words.t("picker.ask_about"))
        self.app.push_screen(ask, lambda text: self._open(text) if text else None)

    def _open(self, target: str) -> None:
        from tui.screens.chat import ChatScreen

        self.app.push_screen(ChatScreen(target))


def trained_entries() -> list[Entry]:
    """The runs that saved something, newest first. Reads journals: call it in a thread."""
    from engine.home import runs_root
    from engine.runs.head_index import read_heads
    from engine.runs.scan import scan

    entries = []
    for run, head in read_heads(scan(runs_root())):
        if head.last and not run.damaged:
            shown = f"{sign('best')} {head.best}" if head.best else head.last
            entries.append(Entry(head.name, head.name, shown))
    return entries


def model_entries() -> list[Entry]:
    """The models on this machine, the embedded one left out. Reads headers: call it in a thread."""
    from engine.models.shelf import shelf

    return [
        Entry(
            found.source,
            found.source,
            f"{human_count(found.parameters)} · {human_bytes(found.bytes)} · {found.origin}",
        )
        for found in shelf()
        if found.source != "embedded"
    ]
