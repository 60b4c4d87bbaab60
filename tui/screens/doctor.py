"""What this machine has for fine-tuning; what is missing, what that costs, what is used instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.job import Job
from tui.cells import fit
from tui.ink import ink
from tui.screens.job_screen import JobScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.job_bar import JobBar
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from engine.doctor import Check, Report


class DoctorScreen(JobScreen):
    """One line a thing looked at, as soon as it is known; its consequence below."""

    title_key = "doctor_screen.title"
    AUTO_FOCUS = "RowList"
    idle_actions = frozenset({"again"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "accounts", "keys.accounts", id="doctor.accounts"),
        Binding("r", "again", "keys.doctor_again", id="doctor.again"),
    ]
    DEFAULT_CSS = """
    DoctorScreen DetailLines { height: 6; }
    """

    class Found(Message):
        """One more check is known."""

        def __init__(self, check: Check) -> None:
            super().__init__()
            self.check = check

    def __init__(self) -> None:
        super().__init__()
        self._checks: list[Check] = []
        self._report: Report | None = None

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
        self.call_after_refresh(self.action_again)

    def action_again(self) -> None:
        self._checks, self._report = [], None
        self.query_one(RowList).show([])
        self.start_job(self._examine, self._all_found)

    def _examine(self, job: Job) -> Report:
        from engine.doctor import examine

        return examine(job, self._tell)

    def _tell(self, check: Check) -> None:
        self.post_message(self.Found(check))

    def on_doctor_screen_found(self, message: Found) -> None:
        self._checks.append(message.check)
        self._show()

    def _all_found(self, report: Report) -> None:
        self._report = report
        self._show()

    def _show(self) -> None:
        rows = self.query_one(RowList)
        rows.show(self._checks)
        self.query_one(HeadLine).show(right=self.head_right())
        self.query_one(DetailLines).show(self._details(rows.current))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Leaving ends the looking, too: escape need not be pressed twice.
        return action != "cancel" and super().check_action(action, parameters)

    def action_accounts(self) -> None:
        """The access tokens of the hubs."""
        from tui.screens.accounts import AccountsScreen

        self.app.push_screen(AccountsScreen())

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.query_one(DetailLines).show(self._details(message.row))


def _mark(check: Check) -> tuple[str, str]:
    """The sign and the colour of a check: bad is only what keeps danlu from training."""
    if check.state == "ok":
        return sign("yes"), "jade"
    if check.blocks:
        return sign("no"), "cinnabar"
    return (sign("warn"), "gold") if check.state == "limited" else (sign("dot"), "ash")
