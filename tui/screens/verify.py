"""Did it learn? Every trained question, asked of base and tuned, the worst answers first."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.job import Job
from engine.units import human_duration
from tui.cells import fit, width
from tui.ink import ink
from tui.screens.job_screen import JobScreen
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.job_bar import JobBar
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from engine.chat.talker import Talker
    from engine.chat.verify import VerifiedRow, VerifyReport


class VerifyScreen(JobScreen):
    """``target`` is a run or checkpoint by name, or a talker that is loaded already."""

    title_key = "verify_screen.title"
    AUTO_FOCUS = "RowList"
    idle_actions = frozenset({"again"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "wrong", "keys.verify_wrong", id="verify.wrong"),
        Binding("r", "again", "keys.verify_again", id="verify.again"),
    ]
    DEFAULT_CSS = """
    VerifyScreen DetailLines { height: 40%; min-height: 8; }
    VerifyScreen Columns { height: 1; }
    """

    def __init__(self, target: str | Talker) -> None:
        super().__init__()
        self._target = target
        self._report: VerifyReport | None = None
        self._only_wrong = False

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        return [
            JobBar(),
            Columns(),
            RowList(self._draw, self._rows(), enter="keys.read"),
            DetailLines(self._details(None)),
        ]

    def head_right(self) -> str:
        if self._report is None:
            return words.language().upper()
        counts = words.t("verify.sum", exact=self._report.exact, questions=len(self._report.rows))
        took = human_duration(self._report.seconds)
        return f"{counts} · {took}   {words.language().upper()}"

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show()

    def _show(self) -> None:
        label = self._target if isinstance(self._target, str) else self._target.target.label
        title = f"{words.t(self.title_key)} · {label}"
        self.query_one(HeadLine).show(title, self.head_right())
        rows = self.query_one(RowList)
        rows.show(self._rows(), same=lambda row: row.question)
        self.query_one(DetailLines).show(self._details(rows.current))

    def _rows(self) -> list[VerifiedRow]:
        """The worst first: the less an answer is like the trained one, the higher it stands."""
        if self._report is None:
            return []
        rows = [row for row in self._report.rows if not (self._only_wrong and row.exact)]
        return sorted(rows, key=lambda row: (row.exact, _likeness(row)))

    def _draw(self, row: VerifiedRow, cells: int, selected: bool) -> Text:
        text = Text().append(f"{sign('next')} " if selected else "  ", ink(self, "ember"))
        question, base, tuned = columns(cells)
        for said, room, colour in (
            (row.question, question, "foreground"),
            (row.base, base, "ash"),
            (row.tuned, tuned, "foreground"),
        ):
            text.append(fit(" ".join(said.split()), room), ink(self, colour)).append(" ")
        if row.exact:
            return text.append(f"{sign('yes')} {words.t('verify.exact')}", ink(self, "jade"))
        return text.append(
            f"{sign('no')} {words.t('verify_screen.differs')}", ink(self, "cinnabar")
        )

    def _details(self, row: VerifiedRow | None) -> list[Detail]:
        if row is None:
            if self._report is not None and not self._report.rows:
                return []
            key = "all_exact" if self._report is not None else "about"
            return [Detail(words.t(f"verify_screen.{key}"), "ash", "wrap")]
        room = max(8, round(self.app.size.height * 0.4) - 2)  # lines below the rule
        share = [1, *[(room - 1) // 3] * 3]
        return [
            Detail(said, colour, "wrap", lead, most)
            for (lead, said, colour), most in zip(_parts(row), share, strict=True)
        ]

    # -- the job ---------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._show()
        self.start_job(self._verify, self._verified)

    def _verify(self, job: Job) -> VerifyReport:
        from engine.chat.verify import verify

        return verify(self._target, job)

    def _verified(self, report: VerifyReport) -> None:
        self._report = report
        self._show()
        self.refresh_bindings()

    def job_failed(self, error: DanluError) -> None:
        self.app.pop_screen()
        self.fail(error)

    # -- keys --------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "wrong":
            return self._report is not None
        return super().check_action(action, parameters)

    def action_cancel(self) -> None:
        super().action_cancel()
        if self._report is None:  # there is nothing to stay for
            self.action_back()

    def action_again(self) -> None:
        self._begin()

    def action_wrong(self) -> None:
        self._only_wrong = not self._only_wrong
        self._show()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.app.push_screen(RowScreen(message.row))

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.query_one(DetailLines).show(self._details(message.row))


def columns(cells: int) -> tuple[int, int, int]:
    """How many cells question, base and tuned have beside the verdict."""
    room = cells - 2 - 11 - 3
    question = room * 3 // 10
    base = (room - question) // 2
    return question, base, room - question - base


def _parts(row: VerifiedRow) -> list[tuple[str, str, str]]:
    """Name, text and colour of all that belongs to a row; the names equally wide."""
    parts = (
        ("question", row.question, "foreground"),
        ("expected", row.expected, "jade"),
        ("tuned", row.tuned, "foreground"),
        ("base", row.base, "ash"),
    )
    names = [words.t(f"verify.{name}") for name, _, _ in parts]
    widest = max(width(name) for name in names)
    return [
        (fit(name, widest + 2), said, colour)
        for name, (_, said, colour) in zip(names, parts, strict=True)
    ]


class RowScreen(OverlayScreen[None]):
    """One row in full: the question, the trained answer, both given ones."""

    AUTO_FOCUS = ".panel"

    def __init__(self, row: VerifiedRow) -> None:
        super().__init__()
        self._row = row

    def work(self) -> list[Widget]:
        return [
            Prose(lead, said, style=ink(self, colour)) for lead, said, colour in _parts(self._row)
        ]


def _likeness(row: VerifiedRow) -> float:
    return difflib.SequenceMatcher(None, row.expected, row.tuned, autojunk=False).quick_ratio()


class Columns(Widget):
    """The names of the columns."""

    def render(self) -> Text:
        cells = columns(self.size.width)
        names = ("question", "base", "tuned")
        line = "  " + "".join(
            fit(words.t(f"verify.{name}"), room) + " "
            for name, room in zip(names, cells, strict=True)
        )
        return Text(line, ink(self, "ash"), no_wrap=True)
