"""What lies over a screen for a moment: help, an error, a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget

from tui.screens.redraw import redraw
from tui.symbols import ascii_only
from tui.widgets.key_bar import KeyBar

Answer = TypeVar("Answer")
Said = str | Callable[[], str]
"""Words, or what says them again when the language changes."""


def say(said: Said) -> str:
    """The words, in the language in use where that can be."""
    return said if isinstance(said, str) else said()


class OverlayScreen(ModalScreen[Answer], Generic[Answer]):
    """A panel above the screen below, with its own key line. Subclasses give :meth:`work`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "keys.close", id="overlay.close"),
    ]
    DEFAULT_CSS = """
    OverlayScreen { align: center middle; background: $background 70%; }
    OverlayScreen > .panel {
        width: 90%; max-width: 92; height: auto; max-height: 80%;
        padding: 0 2; background: $surface; color: $foreground;
        border: round $primary; scrollbar-size-vertical: 1;
        scrollbar-color: $ash; scrollbar-background: $surface;
    }
    OverlayScreen > .panel.-ascii { border: ascii $primary; }
    OverlayScreen Static { height: auto; }
    """

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="panel -ascii" if ascii_only() else "panel"):
            yield from self.work()
        yield KeyBar()

    def work(self) -> list[Widget]:
        """What stands in the panel."""
        return []

    async def retranslate(self) -> None:
        """Draw every word again; what was given in words, not as what says them, stays."""
        await redraw(self)

    def action_close(self) -> None:
        self.dismiss(None)
