"""Conversations that were saved, the newest first: one of them goes on, others are deleted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.chat.conversation import Transcript, read_transcript
from engine.chat.kept_talks import KeptTalk, chats_root, delete_talk, find_talk, kept_talks
from engine.errors import DanluError
from tui.cells import fit
from tui.ink import ink
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.pick_list import PickList
from tui.widgets.row_list import RowList


@dataclass(frozen=True)
class Row:
    """One line: a saved conversation, words that stand for none yet (``says``), or a file."""

    talk: KeptTalk | None = None
    says: str = ""
    searched: str | None = None


class KeptTalksScreen(DanluScreen):
    """``take`` is given what is chosen, and where it was saved (without its ending). What is
    deleted stays listed, and comes back by the same key, until the screen is left."""

    title_key = "kept_talks.title"
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "delete,ctrl+d", "delete", "keys.talk_delete", id="talk.delete",
            key_display="del", priority=True,
        ),
    ]  # fmt: skip
    DEFAULT_CSS = "KeptTalksScreen DetailLines { height: 3; }"

    class Listed(Message):
        """What was saved is known."""

        def __init__(self, talks: list[KeptTalk]) -> None:
            super().__init__()
            self.talks = talks

    def __init__(self, take: Callable[[Transcript, Path], None]) -> None:
        super().__init__()
        self._take = take
        self._talks: list[KeptTalk] | None = None
        self._picks: PickList | None = None
        self._deleted: set[Path] = set()

    def work(self) -> list[Widget]:
        self._picks = PickList(
            self._draw,
            lambda row: row.searched,
            enter="keys.talk_open",
            hint=words.t("kept_talks.hint"),
            rows=self._rows(),
            typed=self._picks.typed if self._picks else "",
        )
        folder = Detail(str(chats_root()), "ash", "cut_start", words.t("kept_talks.folder") + "  ")
        return [self._picks, DetailLines([folder])]

    def head_right(self) -> str:
        count = words.t("kept_talks.count", count=len(self._talks)) if self._talks else ""
        if self._deleted:
            count = words.t("kept_talks.deleted_count", count=len(self._deleted))
        return f"{count}   {words.language().upper()}".strip()

    def _rows(self) -> list[Row]:
        if self._talks is None:
            return [Row(says=words.t("kept_talks.looking"))]
        rows = [Row(talk, searched=_searched(talk)) for talk in self._talks]
        none = [] if rows else [Row(says=words.t("kept_talks.none"))]
        return [*rows, *none, Row(says=words.t("kept_talks.other"), searched="")]

    def _draw(self, row: Row, cells: int, current: bool) -> Text:
        text = Text().append(f" {sign('next')} " if current else "   ", ink(self, "ember"))
        if row.talk is None:
            return text.append(row.says, ink(self, "foreground" if current else "ash"))
        talk = row.talk
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(talk.time))
        title = max(16, min(40, (cells - 32) // 2))
        asked, gone = " ".join(talk.asked.split()), talk.path in self._deleted
        if gone:
            asked = f"{sign('no')} {words.t('kept_talks.deleted')}"
        text.append(f"{day}  ", ink(self, "ash"))
        colour = ink(self, "ash" if gone else "foreground", bold=current and not gone)
        text.append(fit(talk.title, title), colour)
        text.append(f" {fit(str(talk.turns), 3)} ", ink(self, "ash"))
        left = max(8, cells - title - 26)
        return text.append(fit(asked, left), ink(self, "gold" if gone else "foreground"))

    def on_mount(self) -> None:
        self.run_worker(self._look, thread=True, exit_on_error=False)

    def _look(self) -> None:
        self.post_message(self.Listed(kept_talks()))

    async def on_kept_talks_screen_listed(self, message: Listed) -> None:
        self._talks = message.talks
        await self.retranslate()

    def on_unmount(self) -> None:
        """Leaving is the last word on what was deleted; a lost terminal is not."""
        for path in self._deleted if not self.danlu.hung_up else ():
            with contextlib.suppress(DanluError):  # gone already, or not to be deleted: it stays
                delete_talk(path)

    def action_delete(self) -> None:
        """Delete the conversation under the cursor, or take that back."""
        rows = self.query_one(RowList)
        if rows.current is not None and rows.current.talk is not None:
            self._deleted ^= {rows.current.talk.path}
            self.query_one(HeadLine).show(right=self.head_right())
            rows.refresh()

    def on_pick_list_chosen(self, message: PickList.Chosen) -> None:
        if message.row.talk is not None:
            self._open(message.row.talk.path)
            return
        from tui.screens.browse import BrowseScreen

        about = words.t("kept_talks.browse_about")
        self.app.push_screen(BrowseScreen(Path.cwd(), about, "data"), self._named)

    def _named(self, path: Path | None) -> None:
        if path is not None:
            self._open(path)

    def _open(self, path: Path) -> None:
        try:
            self._deleted.discard(path)
            file = find_talk(str(path))
            kept = read_transcript(file)
        except DanluError as error:
            self.fail(error)
        else:
            self.app.pop_screen()
            self._take(kept, file.with_suffix(""))


def _searched(talk: KeptTalk) -> str:
    return f"{talk.path.stem} {talk.title} {talk.asked} {' '.join(talk.voices)}".casefold()
