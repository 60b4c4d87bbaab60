"""All jobs: those at work, and the last ones that ended."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.units import human_duration
from tui.cells import fit
from tui.home_facts import AtWork, find_jobs
from tui.ink import ink
from tui.job_words import doing, job_title, status_words
from tui.screens.base import DanluScreen
from tui.screens.running_job import RunningJobScreen, cancel_question
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.row_list import RowList

EVERY = 1.0  # seconds between two looks


class JobsScreen(DanluScreen):
    """One line a job; enter shows it, or what came of it."""

    title_key = "jobs.list"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cancel", "keys.job_cancel", id="jobs.cancel"),
    ]
    DEFAULT_CSS = "JobsScreen DetailLines { height: 6; }"

    class Listed(Message):
        """The jobs there are now; None before the first look."""

        def __init__(self, jobs: list[AtWork]) -> None:
            super().__init__()
            self.jobs = jobs

    def __init__(self) -> None:
        super().__init__()
        self._jobs: list[AtWork] | None = None

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, self._jobs or [], enter="keys.job_open")
        return [rows, DetailLines(self._details())]

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show()

    def _show(self) -> None:
        self.query_one(RowList).show(self._jobs or [], same=lambda job: job.record.name)
        self.query_one(DetailLines).show(self._details())
        self.refresh_bindings()

    @property
    def _current(self) -> AtWork | None:
        return next((rows.current for rows in self.query(RowList)), None)

    def _draw(self, job: AtWork, cells: int, selected: bool) -> Text:
        text = Text().append(f" {sign('next')} " if selected else "   ", ink(self, "ember"))
        name = max(24, min(60, cells * 4 // 10))
        text.append(fit(job_title(job.record), name) + " ")
        text.append_text(status_words(self, job.state, 13))
        return text.append(fit(self._where(job), max(4, cells - name - 17)), ink(self, "ash"))

    def _where(self, job: AtWork) -> str:
        state = job.state
        if state.active:
            return doing(state)
        if state.error is not None:
            return state.error.what
        took = state.ended - state.started if state.ended and state.started else None
        return words.t("jobs.took", time=human_duration(took)) if took is not None else ""

    def _details(self) -> list[Detail]:
        job = self._current
        if job is None:
            key = "jobs.reading" if self._jobs is None else "jobs.none"
            return [Detail(words.t(key), "ash", "wrap")]
        state, details = job.state, list[Detail]()
        if state.error is not None:
            details = [Detail(state.error.what, "cinnabar", "wrap", most=2)]
        began = time.strftime("%Y-%m-%d %H:%M  ", time.localtime(state.started))
        command = Detail(job.record.command_line(), "foreground", "wrap", "$ ", 2)
        folder = Detail(str(job.record.path), "ash", "cut_start", began if state.started else "")
        return [*details, command, folder]

    # -- looking, in a thread ----------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_interval(EVERY, self._look)
        self._look()

    def _look(self) -> None:
        busy = any(worker.group == "look" for worker in self.workers)
        if self.is_current and not busy:
            self.run_worker(self._list, thread=True, exit_on_error=False, group="look")

    def _list(self) -> None:
        self.post_message(self.Listed(find_jobs()))

    def on_jobs_screen_listed(self, message: Listed) -> None:
        self._jobs = message.jobs
        self._show()

    # -- keys --------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "cancel":
            return self._current is not None and self._current.state.active
        return True

    def on_row_list_moved(self) -> None:
        self.query_one(DetailLines).show(self._details())
        self.refresh_bindings()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.app.push_screen(RunningJobScreen(message.row.record))

    def action_cancel(self) -> None:
        job = self._current
        if job is None:
            return

        def cancel(yes: bool | None) -> None:
            try:
                if yes:
                    job.record.ask_to_end()
            except DanluError as error:  # it ended meanwhile
                self.fail(error)

        self.app.push_screen(cancel_question(job.record), cancel)
