"""The line above a conversation: whose answers stand in which column."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from engine import words
from tui.cells import fit
from tui.ink import ink
from tui.symbols import sign
from tui.talk import VoiceName


class VoiceHeads(Widget):
    """Who says what is in which column."""

    DEFAULT_CSS = "VoiceHeads { height: 1; }"

    def __init__(self, voices: tuple[VoiceName, ...]) -> None:
        super().__init__()
        self._voices = voices

    def show(self, voices: tuple[VoiceName, ...]) -> None:
        """Show these voices."""
        self._voices = voices
        self.refresh()

    def render(self) -> Text:
        text = Text(no_wrap=True)
        room = self.size.width - 1
        cells = (room - 3) // 2 if len(self._voices) > 1 else room
        for index, voice in enumerate(self._voices):
            if index:
                text.append(f" {sign('bar')} ", ink(self, "ash"))
            colour = "ember" if voice == "tuned" else "ash"
            text.append(fit(words.t(f"chat.{voice}"), cells), ink(self, colour, bold=True))
        return text
