"""Choosing a file or a folder of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.screens.redraw import redraw
from tui.widgets.file_browser import FileBrowser, Wanted
from tui.widgets.key_bar import KeyBar
from tui.widgets.prose import Prose


class BrowseScreen(ModalScreen[Path]):
    """Dismissed with the path chosen, or with None. ``about`` says what is looked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "keys.back", id="browse.close"),
    ]
    DEFAULT_CSS = """
    BrowseScreen { background: $background; }
    BrowseScreen > Vertical { padding: 1 2 0 2; }
    BrowseScreen Prose { margin-bottom: 1; }
    """

    def __init__(self, folder: Path, about: str, wanted: Wanted) -> None:
        super().__init__()
        self._folder = folder
        self._about = about
        self._wanted: Wanted = wanted

    def compose(self) -> ComposeResult:
        yield Vertical(Prose("", self._about), FileBrowser(self._folder, self._wanted))
        yield KeyBar()

    async def retranslate(self) -> None:
        await redraw(self)

    def on_file_browser_chosen(self, event: FileBrowser.Chosen) -> None:
        self.dismiss(event.path)

    def action_close(self) -> None:
        self.dismiss(None)
