"""One run as it happens, or as it happened: everything is read from its journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.errors import DanluError
from engine.runs.commands import What, send_command
from engine.runs.journal import JournalFollower
from engine.runs.store import Run
from tui.live_panes import PANES, LivePanes
from tui.pace import HEARTBEAT, Pace
from tui.run_model import RunModel
from tui.screens.base import DanluScreen
from tui.widgets.ask_line import AskLine
from tui.widgets.banner import Banner
from tui.widgets.divider import Divider
from tui.widgets.key_bar import KeyBar
from tui.widgets.live_head import LiveHead
from tui.widgets.pane import Pane
from tui.widgets.too_small import TooSmall

_OWNER_SECONDS = 1.0
_BITE = 2000  # journal lines a look
_RESUMABLE = ("interrupted", "stopped", "failed")


class LiveScreen(DanluScreen):
    """Follows ``run``: of this process, of another, or long over. Commands go through the run's
    command file; nothing here touches the engine thread."""

    title_key = "live.chart.loss"
    AUTO_FOCUS = "#loss"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (24, "-short"), (38, "-tall")]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "ask_engine('pause')", "keys.live_pause", id="live.pause"),
        Binding("p", "ask_engine('resume')", "keys.live_unpause", id="live.unpause"),
        Binding("s", "ask_engine('save')", "keys.live_save", id="live.save"),
        Binding("e", "ask_engine('evaluate')", "keys.live_evaluate", id="live.evaluate"),
        Binding("x", "end('stop')", "keys.live_stop", id="live.stop"),
        Binding("r", "resume_run", "keys.live_resume", id="live.resume"),
        Binding("c", "chat", "keys.live_chat", id="live.chat"),
        Binding("v", "verify", "keys.live_verify", id="live.verify"),
        Binding("d", "detach", "keys.live_detach", id="live.detach"),
        Binding("z", "zoom", "keys.live_zoom", id="live.zoom"),
        *(
            Binding(
                number,
                f"pane('{name}')",
                "keys.live_pane",
                id=f"live.pane.{name}",
                key_display="1-5" if number == "1" else None,
                show=number == "1",
            )
            for number, name in zip("12345", PANES, strict=True)
        ),
        Binding("g", "scale", "keys.live_scale", id="live.scale", show=False),
        Binding("plus,equals_sign", "smooth(1)", "keys.live_smooth", id="live.smooth", show=False),
        Binding("minus", "smooth(-1)", "keys.live_smooth", id="live.rough", show=False),
        Binding("slash", "filter", "keys.live_filter", id="live.filter", show=False),
        Binding("X", "end('abort')", "keys.live_abort", id="live.abort", show=False),
    ]

    DEFAULT_CSS = """
    LiveScreen { layers: default too-small; }
    LiveScreen > #body { height: 1fr; }
    LiveScreen #top { height: 1fr; }
    LiveScreen #side { width: 26; }
    LiveScreen #machine { height: 6; }
    LiveScreen #small { height: 12; display: none; }
    LiveScreen #bottom { height: 8; }
    LiveScreen #filter { dock: bottom; height: 1; border: none; padding: 0 1;
                         background: $panel; display: none; }
    LiveScreen .-away { display: none; }
    LiveScreen.-tall.-wide #small.-away { display: none; }
    LiveScreen .-alone, LiveScreen #side.-alone { width: 1fr; height: 1fr; }
    LiveScreen.-wide #side { width: 32; }
    LiveScreen.-huge #side { width: 44; }
    LiveScreen.-tall #bottom { height: 14; }
    LiveScreen.-tall.-wide #small { display: block; }
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.model = RunModel()
        self.zoomed: Pane | None = None
        self._follower = JournalFollower(run.path)
        self._pace = Pace()
        self._looked_for_owner = 0.0
        self._clock = 0
        self.panes = LivePanes(self.model)
        self.head = LiveHead(run.name, self.model)
        self.banner = Banner(self.model)
        self.ask_line = AskLine()

    def compose(self) -> ComposeResult:
        panes = self.panes
        yield self.head
        with Vertical(id="body"):
            yield self.banner
            with Horizontal(id="top"):
                yield panes.loss
                yield Divider()
                with Vertical(id="side"):
                    yield panes.machine
                    yield panes.checkpoints
            with Horizontal(id="small"):
                yield panes.learning_rate
                yield Divider()
                yield panes.grad_norm
                yield Divider()
                yield panes.speed
            with Horizontal(id="bottom"):
                yield panes.log
                yield Divider()
                yield panes.watch
        yield Input(id="filter", select_on_focus=False)
        yield self.ask_line
        yield KeyBar()
        yield TooSmall()

    def on_mount(self) -> None:
        self.panes.ask_spec(self.run)
        self._look_for_owner(time.monotonic())
        self._read()
        self.set_interval(HEARTBEAT, self._beat)

    # Following the journal

    def _beat(self) -> None:
        now = time.monotonic()
        due = self._pace.due(now)
        if due or self.head.reading is not None:
            self._read()
        if not due:
            return
        if now - self._looked_for_owner >= _OWNER_SECONDS:
            self._look_for_owner(now)
        self._tick_clock()
        if self.is_current:
            self.show_changes()

    def _read(self) -> None:
        """One bounded bite of the journal; while more is behind it the head line says how far."""
        status = self.model.status
        found = self._follower.poll(max_lines=_BITE)
        self.model.apply(found)
        share = self._follower.share_read()
        reading = share if share < 1 and found else None
        if reading != self.head.reading:
            self.head.reading = reading
            self.model.changed.add("head")
        if self.model.status != status:
            self._status_changed()

    def _look_for_owner(self, now: float) -> None:
        self._looked_for_owner = now
        alive = self.own or self.run.owner_alive()
        if alive != self.model.owner_alive:
            self.model.owner_alive = alive
            self._status_changed()

    def _status_changed(self) -> None:
        self.model.changed |= {"head", "banner", "loss"}
        self.refresh_bindings()

    def _tick_clock(self) -> None:
        second = int(self.model.elapsed())
        slow = self._pace.slow
        if (second != self._clock and not self.model.ended) or slow != self.head.slow_link:
            self._clock, self.head.slow_link = second, slow
            self.model.changed.add("head")

    def show_changes(self) -> None:
        """Repaint the panels that have something new."""
        changed, self.model.changed = self.model.changed, set()
        if not changed:
            return
        with self.app.batch_update():
            if "head" in changed:
                self.head.redraw()
            if "banner" in changed:
                self.banner.redraw()
            self.panes.show(changed)

    def show_everything(self) -> None:
        """Draw every panel again: another language, or back from another screen."""
        self.panes.forget_words()
        for view in (self.head, self.banner, self.ask_line, *self.panes.all()):
            view.redraw()
        self.query_one(KeyBar).refresh()

    async def retranslate(self) -> None:
        self.show_everything()

    def on_screen_resume(self) -> None:
        self.show_everything()

    # Keys

    def on_key(self, event: events.Key) -> None:
        self._pace.hurry(time.monotonic())

    @property
    def own(self) -> bool:
        """Whether this process trains the run."""
        session = self.danlu.session
        return session is not None and session.alive and session.run.path == self.run.path

    @property
    def _active(self) -> bool:
        return self.model.owner_alive and not self.model.ended

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        model = self.model
        match action:
            case "ask_engine" if parameters[0] == "pause":
                return self._active and model.status != "paused"
            case "ask_engine" if parameters[0] == "resume":
                return self._active and model.status == "paused"
            case "ask_engine" | "end":
                return self._active
            case "resume_run":
                return model.status in _RESUMABLE and bool(model.summary.checkpoints)
            case "chat" | "verify":
                return model.ended and bool(model.summary.checkpoints)
            case "detach":
                return self._active
        return True

    def action_ask_engine(self, what: What) -> None:
        """Send a command; it stands in the head line until the engine has heard it."""
        try:
            send_command(self.run.path, what)
        except OSError as error:
            self.fail(DanluError("run.cannot_ask", run=self.run.name, reason=error, exit_code=3))
            return
        self.model.ask(what)
        self.show_changes()

    def action_end(self, what: What) -> None:
        """Ask back, then send ``stop`` or ``abort``."""
        self._ask(words.t(f"live.ask.{what}"), lambda: self.action_ask_engine(what))

    def _ask(self, question: str, yes: Callable[[], None]) -> None:
        self.query_one(KeyBar).display = False
        self.ask_line.ask(question, yes)

    def on_ask_line_answered(self) -> None:
        self.query_one(KeyBar).display = True
        self.panes.loss.focus() if self.zoomed is None else self.zoomed.focus()

    def action_detach(self) -> None:
        """Leave danlu; the training goes on, here without a screen or in its own process."""
        if self.own:
            self.danlu.detach()
        else:
            self.app.exit()

    def action_resume_run(self) -> None:
        app = self.danlu
        app.pop_screen()
        try:
            app.start_training(self.run, resume=True)
        except DanluError as error:
            from tui.screens.error import ErrorScreen

            app.push_screen(LiveScreen(self.run))
            app.push_screen(ErrorScreen(error))

    def action_chat(self) -> None:
        from tui.screens.chat import ChatScreen

        self.app.push_screen(ChatScreen(self._newest_checkpoint()))

    def action_verify(self) -> None:
        from tui.screens.verify import VerifyScreen

        self.app.push_screen(VerifyScreen(self._newest_checkpoint()))

    def _newest_checkpoint(self) -> str:
        newest = max(self.model.summary.checkpoints, key=lambda checkpoint: checkpoint.step)
        return str(self.run.path / newest.path)

    # Panes

    def action_pane(self, name: str) -> None:
        """Give a pane the focus; zoomed, show that one instead."""
        pane = self.panes.named(name)
        if self.zoomed is not None:
            self._zoom(pane)
        pane.focus()

    def action_zoom(self) -> None:
        """The focused pane alone, or all of them again."""
        focused = self.focused
        pane = focused if isinstance(focused, Pane) else self.panes.loss
        self._zoom(None if self.zoomed is not None else pane)

    def _zoom(self, pane: Pane | None) -> None:
        """Hide all that does not contain ``pane``; None shows everything."""
        self.zoomed = pane
        kept: set[Widget] = set(pane.ancestors_with_self) if pane else set()  # type: ignore[arg-type]
        body = self.query_one("#body")
        for widget in body.query("Horizontal, Vertical, Pane, Divider").results(Widget):
            hidden = pane is not None and widget not in kept
            widget.set_class(hidden, "-away")
            widget.set_class(pane is not None and widget in kept, "-alone")

    def action_scale(self) -> None:
        """Logarithmic loss and back."""
        self.panes.loss.logarithmic = not self.panes.loss.logarithmic
        self.panes.loss.redraw()

    def action_smooth(self, change: int) -> None:
        self.panes.loss.smooth_by(change)

    def action_filter(self) -> None:
        """Type what the log should contain, in the place of the key line."""
        entry = self.query_one("#filter", Input)
        entry.placeholder = words.t("keys.live_filter.help")
        self._show_filter(True)
        entry.focus()

    def _show_filter(self, shown: bool) -> None:
        self.query_one("#filter").display = shown
        self.query_one(KeyBar).display = not shown
        if not shown:
            self.panes.log.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.panes.log.needle = event.value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._show_filter(False)

    def action_back(self) -> None:
        """Out of the filter, the cursor, the zoom, then the screen: one at a time."""
        entry = self.query_one("#filter", Input)
        if entry.display or entry.value:
            entry.value = ""
            self._show_filter(False)
        elif self.panes.loss.cursor is not None:
            self.panes.loss.action_leave_cursor()
        elif self.zoomed is not None:
            self._zoom(None)
        else:
            super().action_back()
