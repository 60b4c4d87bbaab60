"""Whom to talk to: what was trained, the models on this machine, or another one by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.runs.ordering import meant
from engine.units import human_bytes, human_count
from tui.average_words import shares
from tui.cells import fit, width
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.finding import FindingScreen
from tui.symbols import sign
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import RowList

_LETTERS = ("filter", "other", "saved")  # no keys while one types


@dataclass(frozen=True)
class Entry:
    """One line: a heading (no ``target``), or something to talk to."""

    title: str = ""
    target: str = ""
    note: str = ""


class PickerScreen(FindingScreen):
    """Opens the chat with what is chosen."""

    title_key = "picker.title"
    enter_key: ClassVar[str] = "keys.run_chat"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "keys.filter", id="picker.filter"),
        Binding("o", "other", "keys.picker_other", id="picker.other"),
    ]
    DEFAULT_CSS = """
    PickerScreen Input { display: none; }
    PickerScreen Input.open { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._trained: list[Entry] | None = None
        self._models: list[Entry] = []
        self._wanted = ""

    def work(self) -> list[Widget]:
        entry = LineInput(self._wanted, placeholder=words.t("wizard.filter"))
        entry.set_class(bool(self._wanted), "open")
        rows = RowList(
            self._draw,
            self._entries(),
            selectable=lambda entry: bool(entry.target),
            enter=self.enter_key,
        )
        return [entry, rows]

    def on_mount(self) -> None:
        self.find(lambda: (trained_entries(), model_entries()), self._listed)

    def _listed(self, found: tuple[list[Entry], list[Entry]]) -> None:
        self._trained, self._models = found
        self.query_one(RowList).show(self._entries())

    def _entries(self) -> list[Entry]:
        if self._trained is None:
            return [Entry(), Entry(words.t("picker.looking"))]
        demo = Entry(words.t("picker.embedded"), "embedded", words.t("picker.embedded_note"))
        entries = [Entry()]
        trained, models = self._searched(self._trained), self._searched([demo, *self._models])
        if trained:
            entries += [Entry(words.t("picker.trained")), *trained, Entry()]
        if models:
            entries += [Entry(words.t("picker.models")), *models]
        return entries

    def _searched(self, entries: list[Entry]) -> list[Entry]:
        """Those in whose line every typed word stands."""
        wanted = meant(self._wanted)
        return [
            entry
            for entry in entries
            if not self._wanted or wanted(f"{entry.title} {entry.note} {entry.target}".casefold())
        ]

    def _draw(self, entry: Entry, cells: int, selected: bool) -> Text:
        text, ash = Text(), ink(self, "ash")
        if not entry.target:
            return text.append(f"   {entry.title}", ink(self, "ash", bold=True))
        text.append(f" {sign('next')} " if selected else "   ", ink(self, "ember", bold=True))
        column = min(50, cells * 6 // 10)
        text.append(fit(entry.title, max(column, min(width(entry.title), cells - 6))))
        return text.append(f"  {fit(entry.note, max(0, cells - text.cell_len - 3)).rstrip()}", ash)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self._open(message.row.target)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action not in _LETTERS or not isinstance(self.focused, LineInput)

    def action_filter(self) -> None:
        entry = self.query_one(LineInput)
        entry.add_class("open")
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._wanted = event.value
        self.query_one(RowList).show(self._entries(), cursor=0)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.input.set_class(bool(event.value), "open")
        self.query_one(RowList).focus()

    def action_back(self) -> None:
        entry = self.query_one(LineInput)
        if not entry.has_class("open"):
            super().action_back()
            return
        entry.value = ""
        entry.remove_class("open")
        self.query_one(RowList).focus()

    def action_other(self) -> None:
        ask = AskScreen(lambda: words.t("picker.ask"), lambda: words.t("picker.ask_about"))
        self.app.push_screen(ask, lambda text: self._open(text) if text else None)

    def _open(self, target: str) -> None:
        from tui.screens.chat import ChatScreen

        self.app.push_screen(ChatScreen(target))


def trained_entries() -> list[Entry]:
    """The runs that saved something, newest first, then the averages. Reads journals: call it in a
    thread."""
    from engine.home import runs_root
    from engine.runs.averages import list_averages, read_average
    from engine.runs.head_index import read_heads
    from engine.runs.scan import scan

    entries = []
    for run, head in read_heads(scan(runs_root())):
        if head.last and not run.damaged:
            shown = f"{sign('best')} {head.best}" if head.best else head.last
            entries.append(Entry(head.name, head.name, shown))
    averages = [average.path for average in list_averages()]
    return entries + [
        Entry(Path(path).name, path, " + ".join(shares(read_average(path)))) for path in averages
    ]


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
