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
    "equals_sign": "=",
    "underscore": "_",
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


_ASCII_PAIRS = {"←→": "left/right", "↑↓": "up/down"}


def key_name(key: str) -> str:
    """How a key is written."""
    names = {**_NAMES, **_ASCII_NAMES} if ascii_only() else _NAMES
    return names.get(key, key)


def keys_name(binding: Binding) -> str:
    """How the keys that do what ``binding`` does are written on the key line: its ``key_display``,
    which may stand for several bindings, else its first key."""
    shown = binding.key_display
    if shown:
        return _ASCII_PAIRS.get(shown, shown) if ascii_only() else shown
    return key_name(binding.key.split(",")[0])


def key_words(binding: Binding) -> str:
    """What a binding does, in a word or two. Its description is a word key: ``keys.<id>``."""
    return words.t(f"{binding.description}.label") if binding.description else ""


class KeyBar(Widget):
    """Draws the screen's visible bindings, as many as fit: ``?`` always, then what the screen says
    is foremost."""

    DEFAULT_CSS = "KeyBar { dock: bottom; height: 1; color: $foreground; background: $panel; }"

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def render(self) -> Text:
        line = Text(" ", no_wrap=True, overflow="crop")
        room = self.size.width - 2
        for binding in self._shown():
            piece = f"{keys_name(binding)} {key_words(binding)}"
            if width(line.plain) + width(piece) > room:
                break
            line.append(keys_name(binding), "bold")
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
        order = self._order()
        return sorted(unique.values(), key=lambda each: order.get(each.action, len(order)))

    def _order(self) -> dict[str, int]:
        """The places of those that do not stand where they were declared."""
        foremost = getattr(self.screen, "foremost", tuple)()
        return {action: place for place, action in enumerate(("help", *foremost))}
