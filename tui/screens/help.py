"""Every key that works on the screen below, and what it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import ActiveBinding, Binding, BindingType
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from engine import words
from tui.cells import fit, width
from tui.ink import ink
from tui.screens.overlay import OverlayScreen
from tui.widgets.key_bar import key_name
from tui.wrap import wrap


@dataclass
class KeyHelp:
    """The keys that do one thing, and the word key of what they do."""

    description: str
    keys: list[str] = field(default_factory=list)


class HelpScreen(OverlayScreen[None]):
    """Help made of the bindings that are active below: those of the focused widget first."""

    AUTO_FOCUS = ".panel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "close", "keys.close", id="help.close", show=False),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        bindings = list(below.active_bindings.values())
        focused = below.focused
        here = _gather(entry for entry in bindings if entry.node is focused)
        told = {line.description for line in here}
        rest = _gather(entry for entry in bindings if entry.node is not focused)
        self.groups = {
            "help.here": here,
            "help.screen": [line for line in rest if line.description not in told],
        }

    def work(self) -> list[Widget]:
        return [KeyTable(title, lines) for title, lines in self.groups.items() if lines]


def _gather(bindings: Iterable[ActiveBinding]) -> list[KeyHelp]:
    """One line for each thing done, with all its keys, in the order they are declared. Keys that
    Textual brings along itself (tab, ctrl+c) have no words of ours and are left out."""
    lines: dict[str, KeyHelp] = {}
    for entry in bindings:
        description = entry.binding.description
        if entry.enabled and words.has(f"{description}.help"):
            line = lines.setdefault(description, KeyHelp(description))
            line.keys.append(key_name(entry.binding.key))
    return list(lines.values())


class KeyTable(Widget):
    """Keys on the left, their sentences on the right, below a title."""

    DEFAULT_CSS = "KeyTable { height: auto; margin-bottom: 1; }"

    def __init__(self, title: str, lines: list[KeyHelp]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._text(width).split("\n"))

    def render(self) -> Text:
        return self._text(self.size.width)

    def _text(self, cells: int) -> Text:
        keys = [" ".join(dict.fromkeys(line.keys)) for line in self._lines]
        column = min(22, max(width(key) for key in keys) + 2)
        text = Text(no_wrap=True).append(words.t(self._title), ink(self, "ember", bold=True))
        for line, key in zip(self._lines, keys, strict=True):
            sentence = wrap(words.t(f"{line.description}.help"), cells - column)
            text.append("\n" + fit(key, column), "bold").append(sentence[0])
            for more in sentence[1:]:
                text.append("\n" + " " * column + more)
        return text
