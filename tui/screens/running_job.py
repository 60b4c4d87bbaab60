"""One job in a process of its own: where it is, what it said, its log; what came of it."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.jobs.record import JobRecord, JobWatch
from engine.jobs.state import JobState
from engine.units import human_duration
from tui.cells import fit
from tui.error_details import error_details
from tui.ink import ink
from tui.job_results import (
    has_screen,
    made_to_talk_to,
    result_lines,
    result_screen,
    wanted_login,
)
from tui.job_words import job_title
from tui.screens.base import DanluScreen
from tui.screens.confirm import ConfirmScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.file_bars import FileBars
from tui.widgets.head_line import HeadLine
from tui.widgets.job_bar import JobBar
from tui.widgets.row_list import RowList
from tui.wrap import wrap

EVERY = 0.25  # seconds between two looks
_LOG_LINES = 2000


class RunningJobScreen(DanluScreen):
    """Leaving the screen, or danlu, leaves the job at work. When it ends in sight, what it made
    takes the place of this screen."""

    title_key = "jobs.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cancel", "keys.job_cancel", id="job.cancel"),
        Binding("p", "pause", "keys.job_pause", id="job.pause"),
        Binding("c", "talk", "keys.run_chat", id="job.talk"),
        Binding("r", "again", "keys.job_again", id="job.again"),
        Binding("o", "log", "keys.job_log", id="job.log"),
        Binding("y", "copy", "keys.job_copy", id="job.copy"),
    ]
    DEFAULT_CSS = """
    RunningJobScreen DetailLines { height: 9; }
    RunningJobScreen FileBars { display: none; }
    RunningJobScreen.-files FileBars { display: block; }
    """

    class Seen(Message):
        """How it is now."""

        def __init__(self, state: JobState, log: list[str]) -> None:
            super().__init__()
            self.state, self.log = state, log

    def __init__(self, record: JobRecord) -> None:
        super().__init__()
        self._record = record
        self._watch = JobWatch(record)
        self._state: JobState | None = None
        self._log: list[str] = []
        self._shows_log = False
        self._talks_to: str | None = None
        self._opens = False

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, self._rows(), enter="keys.job_result")
        return [JobBar(), FileBars(), rows, DetailLines(self._details())]

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show()

    def head_right(self) -> str:
        state = self._state
        if state is None or state.started is None:
            return words.language().upper()
        took = human_duration((state.ended or time.time()) - state.started)
        status = words.t(f"jobs.status.{state.status}")
        return f"{status} {sign('dot')} {took}   {words.language().upper()}"

    def _rows(self) -> list[str]:
        """What it said, the newest on top; or the end of its log."""
        if self._shows_log:
            return self._log or [words.t("jobs.no_log")]
        notes = self._state.notes if self._state else []
        said = [
            line
            for at, code, values in reversed(notes)
            if words.sayable(code, values)
            for line in _note_lines(at, words.t(code, **values), self.size.width - 4)
        ]
        return said or [words.t("jobs.no_notes")]

    def _draw(self, line: str, cells: int, selected: bool) -> Text:
        return Text(f" {fit(line, cells - 1)}", "" if selected else ink(self, "ash"))

    def _details(self) -> list[Detail]:
        state = self._state
        told = self._told(state) if state else []
        log = Detail(str(self._record.log_path), "ash", "cut_start", words.t("jobs.log") + "  ")
        return [*told, Detail(self._record.command_line(), "ash", "wrap", "$ ", 2), log]

    def _told(self, state: JobState) -> list[Detail]:
        """How it stands, in sentences."""
        if state.active:
            return [Detail(words.t("jobs.goes_on"), "foreground", "wrap")]
        if state.error is not None:
            return error_details(state.error)
        if state.status == "finished":
            lines = result_lines(self._record) or [words.t("jobs.finished_open")]
            return [Detail(line, "jade", "wrap") for line in lines]
        key = "jobs.gone"
        if state.status == "cancelled":
            key = "jobs.verify_cancelled" if _asks_anew(self._record) else "jobs.was_cancelled"
        return [Detail(words.t(key), "gold", "wrap")]

    def _show(self) -> None:
        self.query_one(HeadLine).show(job_title(self._record), self.head_right())
        self.query_one(RowList).show(self._rows())
        self.query_one(DetailLines).show(self._details())
        bar, state = self.query_one(JobBar), self._state
        where = state.progress if state and state.active else None
        paused = bool(state and state.paused)
        bar.show_progress(where, paused=paused)
        self.query_one(RowList).chooses = self._opens
        parts = where.parts if where and not paused else ()
        self.query_one(FileBars).show(parts)
        self.set_class(bool(parts), "-files")
        self.refresh_bindings()

    # -- looking, in a thread ----------------------------------------------------------------

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)
        self.set_interval(EVERY, self._look)
        self._look()

    def _look(self) -> None:
        ended = self._state is not None and not self._state.active
        busy = any(worker.group == "look" for worker in self.workers)
        if not busy and not (ended and not self._shows_log):
            self.run_worker(self._see, thread=True, exit_on_error=False, group="look")

    def _see(self) -> None:
        log = self._record.last_log_lines(_LOG_LINES) if self._shows_log else []
        self.post_message(self.Seen(self._watch.look(), log))

    def on_running_job_screen_seen(self, message: Seen) -> None:
        was_active = self._state is not None and self._state.active
        self._state, self._log = message.state, message.log
        if message.state.status == "finished":
            self._talks_to = made_to_talk_to(self._record)
            self._opens = self._talks_to is not None or has_screen(self._record)
        self._show()
        if was_active and message.state.status == "finished" and self.is_current:
            self._open(instead=True)

    # -- keys --------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        state = self._state
        if action == "cancel":
            return state is not None and state.active
        if action == "pause":
            return state is not None and (state.pausable or state.paused)
        if action == "again":
            return state is not None and not state.active and state.status != "finished"
        if action == "talk":
            return self._talks_to is not None
        return True

    def on_row_list_chosen(self) -> None:
        self._open(instead=False)

    def _open(self, *, instead: bool) -> None:
        """Show what it made; ``instead`` of this screen or above it."""
        made = result_screen(self._record)
        if made is None:
            if not instead:
                self.action_talk()
        elif instead:
            self.app.switch_screen(made)
        else:
            self.app.push_screen(made)

    def action_cancel(self) -> None:
        question = cancel_question(self._record)
        self.app.push_screen(question, lambda yes: self._cancel() if yes else None)

    def _cancel(self) -> None:
        try:
            self._record.ask_to_end()
        except DanluError as error:  # it ended meanwhile
            self.fail(error)

    def action_pause(self) -> None:
        """Hold it on, or let it go on."""
        if self._state is not None:
            try:
                self._record.hold(not self._state.paused)
            except DanluError as error:  # it ended meanwhile
                self.fail(error)

    def on_resize(self) -> None:
        self._show()

    def action_again(self) -> None:
        """The same command once more; where a hub wanted a token, it is asked for first."""
        hub = wanted_login(self._state.error if self._state else None)
        if hub is None:
            self._restart()
            return
        from tui.screens.login import LoginScreen

        self.app.push_screen(LoginScreen(hub), lambda who: self._restart() if who else None)

    def _restart(self) -> None:
        self.app.pop_screen()
        self.danlu.start_job(self._record.command(), self._record.begun_in())

    def action_talk(self) -> None:
        from tui.screens.chat import ChatScreen

        if self._talks_to is not None:
            self.app.push_screen(ChatScreen(self._talks_to))

    def action_log(self) -> None:
        self._shows_log = not self._shows_log
        self._show()
        self._look()

    def action_copy(self) -> None:
        text = next(iter(result_lines(self._record)), self._record.command_line())
        self.app.copy_to_clipboard(text)
        self.notify(text, title=words.t("runs.copied"))


def cancel_question(record: JobRecord) -> ConfirmScreen:
    return ConfirmScreen(
        lambda: words.t("jobs.cancel", name=job_title(record)),
        lambda: words.t("jobs.cancel_verify" if _asks_anew(record) else "jobs.cancel_why"),
    )


def _asks_anew(record: JobRecord) -> bool:
    """Whether nothing of it is kept when it is cancelled."""
    return record.command()[:1] == ["verify"]


def _note_lines(at: float, text: str, cells: int) -> list[str]:
    """A note behind its time of day, its further lines hanging."""
    clock = time.strftime("%H:%M:%S  ", time.localtime(at))
    first, *more = wrap(text, max(20, cells - len(clock)))
    return [clock + first, *(" " * len(clock) + line for line in more)]
