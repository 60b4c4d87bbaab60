"""The last line of every screen: the keys that work here, now."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding
from textual.widget import Widget

from engine import words
from tui.cells import width
from tui.symbols import ascii_only

_NAMES = {
    "enter": "⏎",
    "escape": "esc",
    "question_mark": "?",
    "slash": "/",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "space": "␣",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "backslash": "\\",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


_ASCII_NAMES = {
    "enter": "enter",
    "left": "left",
    "right": "right",
    "up": "up",
    "down": "down",
    "space": "space",
}


def key_name(binding: Binding) -> str:
    """How a binding's first key is written: its ``key_display``, else a short name."""
    key = binding.key.split(",")[0]
    names = {**_NAMES, **_ASCII_NAMES} if ascii_only() else _NAMES
    return binding.key_display or names.get(key) or key


def key_words(binding: Binding) -> str:
    """What a binding does, in a word or two. Its description is a word key: ``keys.<id>``."""
    return words.t(f"{binding.description}.label") if binding.description else ""


class KeyBar(Widget):
    """Draws the screen's visible bindings, as many as fit; ``?`` always."""

    DEFAULT_CSS = "KeyBar { dock: bottom; height: 1; color: $foreground; background: $panel; }"

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render(self) -> Text:
        line = Text(" ", no_wrap=True, overflow="crop")
        room = self.size.width - 2
        for binding in self._shown():
            piece = f"{key_name(binding)} {key_words(binding)}"
            if width(line.plain) + width(piece) > room:
                break
            line.append(key_name(binding), "bold")
            line.append(f" {key_words(binding)}  ")
        return line

    def _shown(self) -> list[Binding]:
        active = [
            entry.binding
            for entry in self.screen.active_bindings.values()
            if entry.enabled and entry.binding.show and entry.binding.description
        ]
        # A binding with several keys is active once for each: the first is the one to show.
        unique: dict[str, Binding] = {}
        for binding in active:
            unique.setdefault(binding.action, binding)
        # Help comes last on the line but must survive a narrow screen: it takes its place first.
        return sorted(unique.values(), key=lambda binding: binding.action != "help")
