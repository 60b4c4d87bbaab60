"""What this machine has for fine-tuning; what is missing, what that costs, what is used instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.job import Cancelled, Job
from tui.cells import fit
from tui.ink import ink
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.job_bar import JobBar
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from engine.doctor import Check, Report

TICK = 0.25  # seconds between two looks at the job


class DoctorScreen(DanluScreen):
    """One line a thing looked at, as soon as it is known; its consequence below."""

    title_key = "doctor_screen.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", "keys.doctor_again", id="doctor.again"),
    ]
    DEFAULT_CSS = """
    DoctorScreen DetailLines { height: 6; }
    """

    class Found(Message):
        """One more check is known, or all are."""

        def __init__(self, check: Check | None = None, report: Report | None = None) -> None:
            super().__init__()
            self.check, self.report = check, report

    class Failed(Message):
        """The looking itself failed."""

        def __init__(self, error: DanluError) -> None:
            super().__init__()
            self.error = error

    def __init__(self) -> None:
        super().__init__()
        self._checks: list[Check] = []
        self._report: Report | None = None
        self._job: Job | None = None

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, self._checks, enter="")
        first = self._checks[0] if self._checks else None
        return [JobBar(), rows, DetailLines(self._details(first))]

    def head_right(self) -> str:
        verdict = ""
        if self._report is not None:
            verdict = words.t("doctor.ready" if self._report.ok else "doctor.not_ready") + "   "
        return verdict + words.language().upper()

    def _draw(self, check: Check, cells: int, selected: bool) -> Text:
        text = Text().append(f" {sign('next')} " if selected else "   ", ink(self, "ember"))
        mark, colour = _mark(check)
        state = words.t(f"doctor.state.{check.state}")
        text.append(fit(f"{mark} {state}", 12), ink(self, colour))
        text.append(fit(check.title, 20), "bold")
        return text.append(fit(check.found, max(4, cells - 36)))

    def _details(self, check: Check | None) -> list[Detail]:
        if check is None:
            return [Detail(words.t("doctor.looking"), "ash")]
        said = check.consequence or words.t("doctor_screen.nothing_to_do")
        return [
            Detail(check.found, "ash", "wrap", most=3),
            Detail(said, "gold" if check.consequence else "ash", "wrap"),
        ]

    # -- looking, in a thread ----------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_interval(TICK, self._tick)
        self.call_after_refresh(self.action_again)

    def action_again(self) -> None:
        self._job, self._checks, self._report = Job(), [], None
        self.query_one(RowList).show([])
        self.run_worker(self._examine, thread=True, exit_on_error=False, group="doctor")
        self.refresh_bindings()

    def _examine(self) -> None:
        from engine.doctor import examine

        job = self._job
        if job is None:
            return
        try:
            report = examine(job, self._tell)
            self.post_message(self.Found(report=report))
        except DanluError as error:
            self.post_message(self.Failed(error))
        except Cancelled:
            return

    def _tell(self, check: Check) -> None:
        self.post_message(self.Found(check))

    def on_doctor_screen_found(self, message: Found) -> None:
        if message.check is not None:
            self._checks.append(message.check)
        if message.report is not None:
            self._report, self._job = message.report, None
            self.refresh_bindings()
        rows = self.query_one(RowList)
        rows.show(self._checks)
        self.query_one(HeadLine).show(right=self.head_right())
        self.query_one(DetailLines).show(self._details(rows.current))

    def on_doctor_screen_failed(self, message: Failed) -> None:
        self._job = None
        self.refresh_bindings()
        self.fail(message.error)

    def on_unmount(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _tick(self) -> None:
        self.query_one(JobBar).show(self._job)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "again" or self._job is None

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.query_one(DetailLines).show(self._details(message.row))


def _mark(check: Check) -> tuple[str, str]:
    """The sign and the colour of a check: bad is only what keeps danlu from training."""
    if check.state == "ok":
        return sign("yes"), "jade"
    if check.blocks:
        return sign("no"), "cinnabar"
    return (sign("warn"), "gold") if check.state == "limited" else (sign("dot"), "ash")
