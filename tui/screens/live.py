"""One run as it happens, or as it happened: everything is read from its journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from engine import words
from engine.errors import DanluError
from engine.runs.commands import What, send_command
from engine.runs.store import Run
from tui.live_panes import PANES, LivePanes
from tui.pace import HEARTBEAT
from tui.run_follow import RunFollow
from tui.run_model import RunModel
from tui.screens.run_uses import RunUses
from tui.widgets.ask_line import AskLine
from tui.widgets.banner import Banner
from tui.widgets.key_bar import KeyBar
from tui.widgets.live_body import LiveBody
from tui.widgets.live_head import LiveHead
from tui.widgets.pane import Pane


class LiveScreen(RunUses):
    """Follows ``run``: of this process, of another, or long over. Commands go through the run's
    command file; nothing here touches the engine thread."""

    title_key = "live.chart.loss"
    AUTO_FOCUS = "#loss"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (38, "-tall")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "ask_engine('pause')", "keys.live_pause", id="live.pause"),
        Binding("p", "ask_engine('resume')", "keys.live_unpause", id="live.unpause"),
        Binding("s", "ask_engine('save')", "keys.live_save", id="live.save"),
        Binding("e", "ask_engine('evaluate')", "keys.live_evaluate", id="live.evaluate"),
        Binding("x", "end('stop')", "keys.live_stop", id="live.stop"),
        Binding("r", "resume_run", "keys.live_resume", id="live.resume"),
        Binding("plus", "extend", "keys.run_extend", id="live.extend"),
        Binding("f", "fix", "keys.live_fix", id="live.fix"),
        Binding("c", "chat", "keys.live_chat", id="live.chat"),
        Binding("v", "verify", "keys.run_verify", id="live.verify"),
        Binding("e", "measure", "keys.run_evaluate", id="live.measure"),
        Binding("x", "export", "keys.run_export", id="live.export"),
        Binding("m", "report", "keys.run_report", id="live.report"),
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
        Binding("equals_sign", "smooth(1)", "keys.live_smooth", id="live.smooth", show=False),
        Binding("plus", "smooth(1, True)", "keys.live_smooth", id="live.smoother", show=False),
        Binding("minus", "smooth(-1)", "keys.live_smooth", id="live.rough", show=False),
        Binding("slash", "filter", "keys.live_filter", id="live.filter", show=False),
        Binding("X", "end('abort')", "keys.live_abort", id="live.abort", show=False),
    ]

    DEFAULT_CSS = """
    LiveScreen.-wide #side { width: 32; }
    LiveScreen.-huge #side { width: 44; }
    LiveScreen.-tall #bottom { height: 14; }
    LiveScreen.-tall.-wide #small, LiveScreen.-tall.-huge #small { display: block; }
    LiveScreen > #filter { dock: bottom; height: 1; border: none; padding: 0 1;
                           background: $panel; display: none; }
    """

    def __init__(self, run: Run) -> None:
        super().__init__(run, RunModel())
        self.follow = RunFollow(run, self.model)
        self._status = ""
        self.panes = LivePanes(self.model)
        self.head = LiveHead(run.name, self.model)
        self.body = LiveBody(self.panes, Banner(self.model, run.path))
        self.ask_line = AskLine()

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.body
        yield Input(id="filter", select_on_focus=False)
        yield self.ask_line
        yield KeyBar()

    def on_mount(self) -> None:
        self.panes.ask_spec(self.run)
        self.follow.begin(self.own)
        self._pass_on()
        self.model.changed.add("machine")
        self.set_interval(HEARTBEAT, self._beat)

    # Following the journal

    def _beat(self) -> None:
        due = self.follow.beat(time.monotonic(), self.own)
        self._pass_on()
        if due and self.is_current:
            self.show_changes()

    def _pass_on(self) -> None:
        """What the follower knows, to those who draw it."""
        follow, head = self.follow, self.head
        # While the libraries are imported and the model is loaded, this process itself is late.
        slow = follow.pace.slow and self.model.status != "preparing"
        if (head.reading, head.slow_link) != (follow.reading, slow):
            head.reading, head.slow_link = follow.reading, slow
            self.model.changed.add("head")
        if self.model.status != self._status:
            self._status = self.model.status
            self.model.changed |= {"head", "banner", "loss"}
            self.refresh_bindings()

    def show_changes(self) -> None:
        """Repaint the panels that have something new."""
        changed, self.model.changed = self.model.changed, set()
        if not changed:
            return
        with self.app.batch_update():
            if "head" in changed:
                self.head.redraw()
            if "banner" in changed:
                self.body.banner.redraw()
            self.panes.show(changed)

    def show_everything(self) -> None:
        """Draw every panel again: another language, or back from another screen."""
        self.panes.forget_words()
        for view in (self.head, self.body.banner, self.ask_line, *self.panes.all()):
            view.redraw()
        self.query_one(KeyBar).refresh()

    async def retranslate(self) -> None:
        self.show_everything()

    def on_screen_resume(self) -> None:
        self.show_everything()

    # Keys

    def on_key(self, event: events.Key) -> None:
        self.follow.pace.hurry(time.monotonic())

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
            case "detach":
                return self._active
            case "smooth" if True in parameters[1:]:
                return not self.can_extend  # the same key then makes the run longer
        return super().check_action(action, parameters)

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
        (self.body.zoomed or self.panes.loss).focus()

    def action_detach(self) -> None:
        """Leave danlu; the training goes on, here without a screen or in its own process."""
        if self.own:
            self.danlu.detach()
        else:
            self.app.exit()

    # Panes

    def action_pane(self, name: str) -> None:
        """Give a pane the focus; zoomed, show that one instead."""
        pane = self.panes.named(name)
        if self.body.zoomed is not None:
            self.body.zoom(pane)
        pane.focus()

    def action_zoom(self) -> None:
        """The focused pane alone, or all of them again."""
        focused = self.focused
        pane = focused if isinstance(focused, Pane) else self.panes.loss
        self.body.zoom(None if self.body.zoomed is not None else pane)

    def action_scale(self) -> None:
        """Loss on a logarithmic axis, or on a linear one."""
        self.panes.loss.scale()

    def action_smooth(self, change: int, plus: bool = False) -> None:
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
        elif self.body.zoomed is not None:
            self.body.zoom(None)
        else:
            super().action_back()
