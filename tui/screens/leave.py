"""What becomes of the run this process trains when its person leaves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from tui.ink import ink
from tui.screens.overlay import OverlayScreen
from tui.widgets.prose import Prose

if TYPE_CHECKING:
    from tui.app import DanluApp

PATIENCE = 120.0  # seconds the dialog waits for the last checkpoint before it leaves anyway


class LeaveScreen(OverlayScreen[None]):
    """Detach (the default), stop and save, or stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,enter", "detach", "keys.leave_detach", id="leave.detach"),
        Binding("x", "stop", "keys.leave_stop", id="leave.stop"),
        Binding("escape", "close", "keys.leave_stay", id="overlay.close"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._stop_asked: float | None = None

    @property
    def danlu(self) -> DanluApp:
        """The app, typed."""
        return cast("DanluApp", self.app)

    def work(self) -> list[Widget]:
        session = self.danlu.session
        name = session.run.name if session is not None else ""
        ember = ink(self, "ember", bold=True)
        return [
            Prose("", words.t("leave.question", run=name), style=ember),
            Static(""),
            Prose("d    ", words.t("leave.detach", run=name), lead=ember),
            Prose("x    ", words.t("leave.stop")),
            Prose("esc  ", words.t("leave.stay")),
            Prose("", "", style=ink(self, "gold"), id="waiting"),
        ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "stop" or self._stop_asked is None

    def action_detach(self) -> None:
        self.danlu.detach()

    def action_stop(self) -> None:
        """Ask the engine to save and end, and wait for it in sight."""
        from engine.runs.commands import send_command

        session = self.danlu.session
        if session is None or not session.alive:
            self.app.exit()
            return
        send_command(session.run.path, "stop", by="leave")
        self._stop_asked = time.monotonic()
        self.refresh_bindings()
        self.set_interval(0.25, self._wait)
        self._wait()

    def _wait(self) -> None:
        if self._stop_asked is None:
            return
        left = PATIENCE - (time.monotonic() - self._stop_asked)
        if not self.danlu.training:
            self.app.exit()
        elif left <= 0:
            # It is still saving: it ends by itself without a screen, and nothing is lost.
            self.danlu.detach()
        else:
            self.query_one("#waiting", Prose).say(words.t("leave.waiting", seconds=round(left)))
