"""Talking to a model: one to four voices side by side, each with its own history."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from engine import words
from engine.chat.conversation import Transcript
from engine.chat.kept_talks import UNSAVED, chats_root
from engine.chat.sampling import Sampling
from tui.screens.ask import AskScreen
from tui.screens.chat_keys import CHAT_KEYS, NEED_A_TURN, NEED_SILENCE, WHILE_TYPING
from tui.screens.conversing import ConversingScreen
from tui.talk import MOST_VOICES
from tui.verifying import show_or_ask, wanted_of_part
from tui.widgets.chat_input import ChatInput


class ChatScreen(ConversingScreen):
    """The keys of a conversation, and where they lead."""

    BINDINGS: ClassVar[list[BindingType]] = CHAT_KEYS

    # -- keys ----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        typing = isinstance(self.focused, ChatInput)
        if action == "stop":
            return self._speaking
        if action == "leave_edit":
            return self._editing is not None
        if action == "commands":
            return typing and bool(self._talker)
        if (typing and action not in WHILE_TYPING) or (self._speaking and action in NEED_SILENCE):
            return False
        if action in NEED_A_TURN:
            return bool(self._conversation.turns)
        return self._can(action)

    def _can(self, action: str) -> bool:
        several = len(self._voices) > 1
        if action in ("blind", "remove", "zoom", "voice"):
            return several
        if action == "add":
            return self._talker is not None and len(self._voices) < MOST_VOICES
        if action == "verify":
            return any(voice.part.kind == "tuned" for voice in self._voices)
        return True

    # -- keeping it ----------------------------------------------------------------------------

    def action_save(self) -> None:
        from tui.chat_file import save_where_asked

        kept = self.transcript()

        def saved(place: Path) -> None:
            self._kept_at, self._saved = place, kept.said

        save_where_asked(self, kept, self._kept_at, saved)

    def action_open(self) -> None:
        from tui.screens.kept_talks import KeptTalksScreen

        self.app.push_screen(KeptTalksScreen(self._open))

    def _open(self, kept: Transcript, place: Path) -> None:
        self.keep_unsaved()
        self._kept_at = None if place == chats_root() / UNSAVED else place
        self.reopen(kept)

    # -- other screens -------------------------------------------------------------------------

    def action_add(self) -> None:
        from tui.screens.voice_picker import VoicePicker

        if self._talker is not None:
            there = [voice.part for voice in self._voices]
            self.app.push_screen(VoicePicker(self._talker.target, there, self.add_voice))

    def action_remove(self) -> None:
        self.remove_voice(self._voice)

    def action_blind(self) -> None:
        from tui.screens.blind import BlindScreen

        if self._talker is not None:
            other = self._voices[(self._current - 1) % len(self._voices)]
            system = self._conversation.system
            self.app.push_screen(
                BlindScreen(self._talker, other, self._voice, self._sampling, system)
            )

    def action_sampling(self) -> None:
        from tui.screens.sampling import SamplingScreen

        def take(chosen: Sampling | None) -> None:
            self._sampling = chosen or self._sampling
            self.show_all()

        self.app.push_screen(SamplingScreen(self._sampling, self._target), take)

    def action_system(self) -> None:
        def take(text: str | None) -> None:
            if text is not None:
                self._conversation.system = text
                self.show_all()

        trained = (voice.part.system for voice in reversed(self._voices) if voice.part.system)
        value = self._conversation.system or next(trained, "")
        ask = AskScreen(
            lambda: words.t("chat_screen.system"),
            lambda: words.t("chat_screen.system_about"),
            value=value,
        )
        self.app.push_screen(ask, take)

    def action_verify(self) -> None:
        """Did the current voice, if it was tuned, learn what it was to learn?"""
        tuned = [voice for voice in self._voices if voice.part.kind == "tuned"]
        part = (self._voice if self._voice in tuned else tuned[-1]).part
        if self._talker is not None:  # the process that asks needs room for the same models
            threading.Thread(target=self._talker.give_way, daemon=True).start()
        self.find(lambda: wanted_of_part(part), lambda wanted: show_or_ask(self, wanted))
