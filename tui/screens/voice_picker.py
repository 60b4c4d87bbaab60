"""Who joins a conversation: the base, another checkpoint, an export, any model on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.chat.part import Part, part_of
from engine.chat.target import ChatTarget
from engine.errors import DanluError
from tui.cells import fit
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.voice_choices import Choice, choices
from tui.widgets.head_line import HeadLine
from tui.widgets.pick_list import PickList


class VoicePicker(DanluScreen):
    """``there`` are those who answer already; ``take`` is given who is chosen."""

    title_key = "voice_picker.title"
    AUTO_FOCUS = "Input"

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
        self._picks: PickList | None = None

    def work(self) -> list[Widget]:
        self._picks = PickList(
            self._draw,
            lambda choice: choice.searched,
            enter="keys.chat_add",
            hint=words.t("voice_picker.hint"),
            rows=self._rows(),
            typed=self._picks.typed if self._picks else "",
        )
        return [self._picks]

    def head_right(self) -> str:
        count = sum(bool(choice.target) for choice in self._choices or ())
        shown = words.t("voice_picker.count", count=count) if count else ""
        return f"{shown}   {words.language().upper()}".strip()

    def _rows(self) -> list[Choice]:
        other = Choice(words.t("voice_picker.other"), searched="")
        found = self._choices
        return [*([Choice(words.t("picker.looking"))] if found is None else found), other]

    def on_mount(self) -> None:
        self.run_worker(self._look, thread=True, exit_on_error=False)

    def _look(self) -> None:
        """In a thread: reads runs and folders."""
        self.post_message(self.Listed(choices(self._target, self._there)))

    async def on_voice_picker_listed(self, message: Listed) -> None:
        self._choices = message.choices
        self.query_one(HeadLine).show(right=self.head_right())
        if self._picks is not None:
            self._picks.show(self._rows())

    def _draw(self, choice: Choice, cells: int, current: bool) -> Text:
        text, ash = Text(), ink(self, "ash")
        if choice.searched is None:
            return text.append(f"   {choice.title}", ink(self, "ash", bold=True))
        text.append(f" {sign('next')} " if current else "   ", ink(self, "ember", bold=True))
        title = fit(choice.title, max(24, min(50, cells * 11 // 20)))
        text.append(title, "bold" if current else "").append("  ")
        if choice.shared:
            shared = words.t("voice_picker.shared")
            text.append(f"{sign('yes')} {shared}  ", ink(self, "jade"))
        return text.append(choice.note, ash)

    def on_pick_list_chosen(self, message: PickList.Chosen) -> None:
        chosen: Choice = message.row
        if chosen.part is not None:
            self._choose(chosen.part)
        elif chosen.target:
            self._named(chosen.target)
        else:
            typed = self._picks.typed if self._picks else ""
            ask = AskScreen(
                lambda: words.t("voice_picker.ask"),
                lambda: words.t("voice_picker.ask_about"),
                value=typed,
            )
            self.app.push_screen(ask, lambda text: self._named(text) if text else None)

    def _choose(self, part: Part) -> None:
        self.app.pop_screen()
        self._take(part)

    def _named(self, text: str) -> None:
        try:
            part = part_of(text)
        except DanluError as error:
            self.fail(error)
        else:
            self._choose(part)
