"""With whom to talk; or which saved conversation goes on."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.chat.conversation import Transcript
from tui.screens.picker import PickerScreen


class ChatPicker(PickerScreen):
    """Opens the chat with what is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "saved", "keys.chat_open", id="picker.saved"),
    ]

    def action_saved(self) -> None:
        from tui.screens.kept_talks import KeptTalksScreen

        self.app.push_screen(KeptTalksScreen(self._go_on))

    def _go_on(self, kept: Transcript, place: Path) -> None:
        from tui.screens.chat import ChatScreen

        self.app.push_screen(ChatScreen(kept.title, kept, place))
