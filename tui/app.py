"""The full-screen app: themes, language, the stack of screens, and the runs this process trains."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from engine import words
from engine.errors import DanluError
from tui.exact_update import ExactUpdate
from tui.key_order import KeyOrder
from tui.plain_signs import PlainSigns
from tui.screens.redraw import Retranslated
from tui.settings import change_settings
from tui.symbols import ascii_only
from tui.theme import THEMES
from tui.wrap import wrap

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from engine.runs.store import Run
    from engine.train.session import TrainingSession


class DanluApp(App[None]):
    """``first`` is a screen to open above home; ``opening`` is called once home is there."""

    TITLE = "danlu"
    ENABLE_COMMAND_PALETTE = False
    # Textual's own ctrl+c only tells of ctrl+q; here both leave, and ask first while training.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "keys.quit", id="app.quit", show=False, priority=True),
        Binding("ctrl+c", "quit", "keys.quit", id="app.leave", show=False, priority=True),
        # With priority it works above other screens, too, as in a question.
        Binding("f2", "language", "keys.language", id="app.language", show=False, priority=True),
    ]
    CSS = "Toast { width: 60; max-width: 75%; padding: 0 1; }"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (100, "-wide"),
        (160, "-huge"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        first: Screen[None] | None = None,
        theme: str = "furnace",
        opening: Callable[[DanluApp], None] | None = None,
    ) -> None:
        super().__init__()
        self._first = first
        self._opening = opening
        # Before anything is drawn, so that styles are worked out once.
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme
        self.stylesheet.set_variables(self.get_css_variables())
        self._key_order = KeyOrder(self, super().on_event)
        self.session: TrainingSession | None = None
        self.fault: str | None = None
        self.shown: Run | None = None
        self._plain_signs = PlainSigns()
        self.hung_up = False  # the terminal went away: nobody said anything by leaving

    async def on_event(self, event: events.Event) -> None:
        """Keys wait for one another; a test that presses keys waits for them itself."""
        typed = isinstance(event, events.Key | events.Paste)
        if typed and not event.is_forwarded and not self.is_headless:
            self._key_order.take(event)
        else:
            await super().on_event(event)

    def get_default_screen(self) -> Screen[None]:
        """Home lies below every other screen."""
        from tui.screens.home import HomeScreen

        return HomeScreen()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Draw, sending only the cells that changed."""
        if isinstance(renderable, ChopsUpdate):
            renderable = ExactUpdate.of(renderable)
        super()._display(screen, renderable)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and with ``--ascii`` what makes every sign ASCII."""
        filters = super().get_line_filters()
        return [*filters, self._plain_signs] if ascii_only() else filters

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """A note at the edge for some seconds, wrapped as Chinese and Latin text both want it. A
        path or command has brackets of its own: nothing in it is markup."""
        cells = min(60, (self.size.width - 2) * 3 // 4) - 4  # its padding, edge and scroll bar
        lines = "\n".join(wrap(message, cells))
        super().notify(lines, title=title, severity=severity, timeout=timeout, markup=False)

    def on_mount(self) -> None:
        if self._first is not None:
            self.push_screen(self._first)
        if not self.is_headless:
            self._listen_for_hang_up()
        if self._opening is not None:
            self._opening(self)

    def _listen_for_hang_up(self) -> None:
        """A lost line or a signal to end closes the screen only; the process trains on. With the
        signal ignored, Textual would spin on the dead terminal."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        loop.add_signal_handler(signal.SIGTERM, self._end)
        loop.add_signal_handler(signal.SIGINT, self._end)

    def _hang_up(self) -> None:
        self.hung_up = True
        self.exit()

    def _end(self) -> None:
        self.hung_up = True
        if self.training and self.session:
            self.session.stop()
        self.exit()

    def _fatal_error(self) -> None:
        """A fault in a screen: its story goes to the log, and a training goes on."""
        from tui.cli.show_error import log_fault

        fault = sys.exc_info()[1] or self._exception
        if fault is not None:
            self.fault = log_fault(fault)
        self._return_code = 3
        self._close_messages_no_wait()

    async def switch_language(self) -> None:
        """Use the other language from now on, on every screen that is open and the next time."""
        words.use_language("zh" if words.language() == "en" else "en")
        with contextlib.suppress(OSError):  # a home that cannot be written to forgets the choice
            change_settings(language=words.language())
        await self.redraw_all()

    async def action_language(self) -> None:
        await self.switch_language()

    async def redraw_all(self) -> None:
        """Draw every word and sign again, on every screen that is open."""
        for screen in self.screen_stack:
            if isinstance(screen, Retranslated):
                await screen.retranslate()

    def start_training(self, run: Run, resume: bool = False) -> None:
        """Train ``run`` in this process's engine thread and show it live. Raises DanluError when
        another process owns it, or this one trains another already."""
        from engine.train.session import TrainingSession

        if self.session is not None and self.session.alive:
            raise DanluError("run.one_at_a_time", run=self.session.run.name)
        self.session = TrainingSession(run, resume=resume, watched=True)
        self.session.start()
        self.show_run(run)

    def start_job(self, command: Sequence[str], folder: Path | None = None) -> None:
        """Do ``danlu COMMAND`` in a process of its own, which outlives this one, and show it. Paths
        in it are told from ``folder``, else from the current one."""
        from tui.job_process import start_command
        from tui.screens.running_job import RunningJobScreen

        try:
            screen: Screen[None] = RunningJobScreen(start_command(command, folder=folder))
        except DanluError as error:
            from tui.screens.error import ErrorScreen

            screen = ErrorScreen(error)
        self.push_screen(screen)

    def show_run(self, run: Run) -> None:
        """Open the live screen of any run: in progress here or elsewhere, or ended."""
        from tui.screens.live import LiveScreen

        self.shown = run
        self.push_screen(LiveScreen(run))

    @property
    def left_training(self) -> Run | None:
        """The run that goes on when this screen is left: this process's, or the one shown last."""
        if self.training and self.session is not None:
            return self.session.run
        return self.shown if self.shown is not None and self.shown.owner_alive() else None

    @property
    def training(self) -> bool:
        """Whether this process is training now."""
        return self.session is not None and self.session.alive

    def detach(self) -> None:
        """Leave the screen; what this process trains goes on without it."""
        self.exit()

    async def action_quit(self) -> None:
        """Leave. While this process trains, ask first: detach, stop and save, or stay."""
        if not self.training:
            self.exit()
            return
        from tui.screens.leave import LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen())
