"""The full-screen app: themes, language, the stack of screens, and the runs this process trains."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from engine import words
from tui.screens.base import DanluScreen
from tui.theme import THEMES

if TYPE_CHECKING:
    from engine.runs.store import Run
    from engine.train.session import TrainingSession


class DanluApp(App[None]):
    """``first`` is the screen to open; without one, home."""

    TITLE = "danlu"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]] | None] = [
        (0, "-narrow"),
        (100, "-wide"),
        (160, "-huge"),
    ]

    def __init__(self, first: Screen[None] | None = None, theme: str = "furnace") -> None:
        super().__init__()
        self._first = first
        self._theme_name = theme
        self.session: TrainingSession | None = None
        self.detached = False

    def on_mount(self) -> None:
        from tui.screens.home import HomeScreen

        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._theme_name
        self.push_screen(HomeScreen())
        if self._first is not None:
            self.push_screen(self._first)

    async def switch_language(self) -> None:
        """Use the other language, on every screen that is open."""
        words.use_language("zh" if words.language() == "en" else "en")
        for screen in self.screen_stack:
            if isinstance(screen, DanluScreen):
                await screen.retranslate()

    def start_training(self, run: Run, resume: bool = False) -> None:
        """Train ``run`` in this process's engine thread and show it live. Raises DanluError when
        another process owns it."""
        from engine.train.session import TrainingSession
        from tui.screens.live import LiveScreen

        self.session = TrainingSession(run, resume=resume)
        self.session.start()
        self.push_screen(LiveScreen(run))

    @property
    def training(self) -> bool:
        """Whether this process is training now."""
        return self.session is not None and self.session.alive

    def detach(self) -> None:
        """Leave the screen; what this process trains goes on without it."""
        self.detached = True
        self.exit()

    async def action_quit(self) -> None:
        """Leave. While this process trains, ask first: detach, stop and save, or stay."""
        if not self.training:
            self.exit()
            return
        from tui.screens.leave import LeaveScreen

        self.push_screen(LeaveScreen())
