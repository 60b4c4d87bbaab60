"""Who joins a conversation: the base, another checkpoint, an export, any model on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.chat.part import Part, base_part, part_of
from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.runs.store import Run, list_runs
from engine.units import human_bytes
from tui.cells import fit
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from engine.export.manifest import ExportReport
    from engine.models.shelf import ShelfEntry

_MOST_RUNS = 40  # newest first; an older one is named


@dataclass(frozen=True)
class Choice:
    """A heading (no ``part``), or one who may join. ``shared``: on a model that is loaded."""

    title: str = ""
    part: Part | None = None
    note: str = ""
    shared: bool = False


class VoicePicker(DanluScreen):
    """``there`` are those who answer already; ``take`` is given who is chosen."""

    title_key = "voice_picker.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "other", "keys.picker_other", id="voices.other"),
    ]

    class Listed(Message):
        """What may join is known."""

        def __init__(self, choices: list[Choice]) -> None:
            super().__init__()
            self.choices = choices

    def __init__(
        self, target: ChatTarget, there: Sequence[Part], take: Callable[[Part], None]
    ) -> None:
        super().__init__()
        self._target = target
        self._there = list(there)
        self._take = take
        self._choices: list[Choice] | None = None

    def work(self) -> list[Widget]:
        return [
            RowList(
                self._draw,
                self._choices or [Choice(), Choice(words.t("picker.looking"))],
                selectable=lambda choice: choice.part is not None,
                enter="keys.chat_add",
            )
        ]

    def on_mount(self) -> None:
        self.run_worker(self._look, thread=True, exit_on_error=False)

    def _look(self) -> None:
        """In a thread: reads runs and folders."""
        self.post_message(self.Listed(list(choices(self._target, self._there))))

    def on_voice_picker_listed(self, message: Listed) -> None:
        self._choices = message.choices
        self.query_one(RowList).show(message.choices)

    def _draw(self, choice: Choice, cells: int, selected: bool) -> Text:
        text, ash = Text(), ink(self, "ash")
        if choice.part is None:
            return text.append(f"   {choice.title}", ink(self, "ash", bold=True))
        text.append(f" {sign('next')} " if selected else "   ", ink(self, "ember", bold=True))
        text.append(fit(choice.title, max(24, min(50, cells * 11 // 20)))).append("  ")
        if choice.shared:
            shared = words.t("voice_picker.shared")
            text.append(f"{sign('yes')} {shared}  ", ink(self, "jade"))
        return text.append(choice.note, ash)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self._choose(message.row.part)

    def _choose(self, part: Part) -> None:
        self.app.pop_screen()
        self._take(part)

    def action_other(self) -> None:
        ask = AskScreen(words.t("voice_picker.ask"), words.t("voice_picker.ask_about"))
        self.app.push_screen(ask, lambda text: self._named(text) if text else None)

    def _named(self, text: str) -> None:
        try:
            part = part_of(text)
        except DanluError as error:
            self.fail(error)
        else:
            self._choose(part)


def choices(target: ChatTarget, there: Sequence[Part]) -> Iterator[Choice]:
    """All who may join, those of the same run first; who is there already is left out."""
    from engine.export.manifest import exports_of
    from engine.models.shelf import shelf

    loaded = {part.model for part in there}
    seen = {(part.model, part.adapter) for part in there}

    def fresh(found: Iterator[Choice]) -> Iterator[Choice]:
        for choice in found:
            part = choice.part
            if part is not None and (part.model, part.adapter) not in seen:
                seen.add((part.model, part.adapter))
                yield Choice(choice.title, part, choice.note, part.model in loaded)

    runs = list_runs()[:_MOST_RUNS]
    own = [run for run in runs if target.run and run.path == target.run.path]
    others = [run for run in runs if run not in own]
    base = iter([Choice(base_part(target).label, base_part(target), words.t("chat.base"))])
    exports = (_export(report) for run in (*own, *others) for report in exports_of(run))
    groups = (
        ("here", (*fresh(base), *fresh(_checkpoints(own)))),
        ("exports", tuple(fresh(iter(found for found in exports if found)))),
        ("trained", tuple(fresh(_checkpoints(others)))),
        ("models", tuple(fresh(_models(shelf())))),
    )
    for name, found in groups:
        if found:
            yield from (Choice(), Choice(words.t(f"voice_picker.{name}")), *found)


def _checkpoints(runs: Sequence[Run]) -> Iterator[Choice]:
    for run in runs:
        best = {each.path for each in run.summary().checkpoints if each.best}
        for folder in reversed(run.checkpoint_folders()):
            part = _part(str(folder))
            if part is not None:
                yield Choice(part.label, part, sign("best") if folder.name in best else "")


def _export(report: ExportReport) -> Choice | None:
    folder, document = report.folder, report.document
    part = _part(str(folder))
    if part is None:
        return None
    verified = document.get("verified")
    proved = "" if verified is None else sign("yes" if verified else "no")
    size = human_bytes(document.get("bytes") or 0)
    return Choice(part.label, part, f"{size}  {document.get('target', '')}  {proved}".rstrip())


def _models(entries: Sequence[ShelfEntry]) -> Iterator[Choice]:
    for entry in entries:
        part = _part(str(entry.source))
        if part is not None:
            name = part.label if part.label == "embedded" else Path(part.label).name
            yield Choice(name, part, human_bytes(entry.bytes))


def _part(text: str) -> Part | None:
    """What ``text`` names; None for what cannot be talked to."""
    try:
        return part_of(text)
    except DanluError:
        return None
