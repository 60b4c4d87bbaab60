"""The rows one by one, as the model will see them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.job_bar import JobBar
from tui.widgets.token_page import TokenPage
from tui.wizard import findings
from tui.wizard.desk import Task
from tui.wizard.draft import Draft
from tui.wizard.row_pieces import page_pieces
from tui.wizard.row_reader import RowReader
from tui.wizard.row_told import legend, row_told

if TYPE_CHECKING:
    from engine.data.finding import Finding
    from engine.data.preview import Preview, PreviewRow
    from engine.job import Job

_LOOK_EVERY = 0.05
_UNCHECKED = 1000  # rows leapt over at once while it is not known how many there are


class RowsScreen(DanluScreen):
    """Pages through the rows that would be trained; jumps to the longest, the shortest, one with
    a finding, one that says what is searched for. ``at`` is a file and the number of a row in it
    to begin with."""

    title_key = "wizard_data.rows_title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "keys.rows_next", id="rows.next"),
        Binding("n", "match(1)", "keys.rows_match", id="rows.match", show=False),
        Binding("N,p", "match(-1)", "keys.rows_match_before", id="rows.match_b", show=False),
        Binding("left", "turn(-1)", "keys.rows_previous", id="rows.previous"),
        Binding("home,g", "turn(-100000)", "keys.rows_first", id="rows.first", show=False),
        Binding("end,G", "turn(100000)", "keys.rows_last", id="rows.last", show=False),
        Binding("up,k", "scroll(-1)", "keys.rows_scroll", id="rows.up", show=False),
        Binding("down,j", "scroll(1)", "keys.rows_scroll", id="rows.down"),
        Binding("slash", "search", "keys.rows_search", id="rows.search"),
        Binding("f", "finding(1)", "keys.rows_finding", id="rows.finding"),
        Binding("F", "finding(-1)", "keys.rows_finding_before", id="rows.finding_b", show=False),
        Binding("plus,equals_sign", "extreme(True)", "keys.rows_longest", id="rows.longest"),
        Binding("minus,underscore", "extreme(False)", "keys.rows_shortest", id="rows.shortest"),
        Binding("t", "borders", "keys.rows_borders", id="rows.borders", show=False),
    ]
    DEFAULT_CSS = """
    RowsScreen .about { height: auto; padding: 0 1; margin-bottom: 1; }
    RowsScreen VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """

    def __init__(self, draft: Draft, at: tuple[str, int] | None = None) -> None:
        super().__init__()
        self.draft = draft
        self._rows = RowReader(draft)
        self._index = int(draft.places.get("row", 0))
        self._jump: Task[int | None] | None = None
        self._at = at
        self._needle = ""
        self._borders = False
        self._told = ""  # what a jump that found nothing says
        self._seen: Any = None

    def work(self) -> list[Widget]:
        page = VerticalScroll(TokenPage(), can_focus=False)
        return [Static("", classes="about", markup=False), page, JobBar()]

    def on_mount(self) -> None:
        if self._at is not None:
            file, number = self._at
            self._leap(("at", file, number), lambda row: _is_at(row, file, number), 1, -1)
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    async def retranslate(self) -> None:
        await super().retranslate()
        self._seen = None
        self._look()

    def _look(self) -> None:
        self._land()
        state = (self._index, self.draft.desk.state())
        if state == self._seen:
            return
        self._seen = state
        task = self._rows.row(self._index)
        running = next((t for t in (self._jump, task) if t is not None and not t.done), None)
        self.query_one(JobBar).show(running.job if running else None)
        if task.error is not None:
            self._say(str(task.error), [])
        elif task.result is not None:
            self._show(task.result)
        elif task.done and self._rows.last is not None:
            self._index = self._rows.last
        self.draft.places["row"] = self._index

    @property
    def _count(self) -> int | None:
        """How many rows there are; None before they are checked."""
        report = findings.report(self.draft)
        return findings.taken_rows(report) if report is not None else None

    def _show(self, row: PreviewRow) -> None:
        page = self.query_one(TokenPage)
        last = row.sides[-1] if row.rendered is not None else None
        page.show(
            page_pieces(row),
            cut=words.t("wizard_data.cut_here", cut=last.cut) if last and last.cut else "",
            left_off=last.left_off if last else "",
            needle=self._needle,
            borders=self._borders,
        )
        line = row_told(self.draft, row, self._count)
        self._say(line, row.findings, pair=row.rejected is not None)

    def _say(self, line: Content | str, found: Sequence[Finding], *, pair: bool = False) -> None:
        """What is told above the row: its number and tokens, its findings, the legend."""
        warnings = [
            Content.styled(f"{sign('warn')} {finding.message}", "$gold") for finding in found
        ]
        if self._told:
            warnings.append(Content.styled(f"{sign('dot')} {self._told}", "$ash"))
        shown = legend(pair=pair, no_color=self.app.no_color)
        told = Content("\n").join([line, *warnings, shown])
        self.query_one(".about", Static).update(told)

    def action_turn(self, by: int) -> None:
        """Another row."""
        self._told = ""
        count = self._count
        last = self._index + _UNCHECKED if count is None else count - 1
        self._index = max(0, min(self._index + by, last))
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._look()

    # Jumps

    def _leap(
        self, key: Hashable, wanted: Callable[[Any], bool] | None, step: int, near: int
    ) -> None:
        """Go to the next row that is wanted, once it is found."""
        self._start((key, near, step), lambda rows, job: rows.find(wanted, near, step, job))

    def _start(self, key: Hashable, look: Callable[[Preview, Job], int | None]) -> None:
        self._jump = self._rows.find(key, look)
        self._told = ""
        self._look()

    def _land(self) -> None:
        """Show the row a jump has found."""
        if self._jump is None or not self._jump.done:
            return
        task, self._jump = self._jump, None
        self._seen = None
        if task.result is None:
            self._told = words.t("wizard_data.no_such_row") if task.error is None else ""
        else:
            self._index = task.result
            self.query_one(VerticalScroll).scroll_home(animate=False)
            if self._needle:
                self.set_timer(_LOOK_EVERY * 2, self._to_hit)

    def _to_hit(self) -> None:
        line = self.query_one(TokenPage).line_of_hit()
        if line is not None:
            self.query_one(VerticalScroll).scroll_to(y=max(0, line - 2), animate=False)

    def action_search(self) -> None:
        """Ask for words, and go to the next row that says them."""
        question = AskScreen(
            lambda: words.t("wizard_data.search"),
            lambda: words.t("wizard_data.search_about"),
            value=self._needle,
        )

        def asked(text: str | None) -> None:
            if text is not None:
                self._needle = text
                self._seen = None
                self._search(1, self._index - 1)

        self.app.push_screen(question, asked)

    def action_match(self, step: int) -> None:
        """The next row, or the one before, that says what is searched for."""
        if self._needle:
            self._search(step, self._index)
        else:
            self.action_turn(step)

    def _search(self, step: int, near: int) -> None:
        needle = self._needle.lower()
        if not needle:
            self._look()
            return

        def says(row: Any) -> bool:
            return any(needle in text.lower() for _, text in row.said())

        self._leap(("search", needle), says, step, near)

    def action_finding(self, step: int) -> None:
        """The next row, or the one before, about which something was found."""
        self._leap("finding", None, step, self._index)

    def action_extreme(self, longest: bool) -> None:
        """The longest or the shortest row."""
        self._start(("extreme", longest), lambda rows, job: rows.extreme(longest, job))

    def action_borders(self) -> None:
        """Set the tokens apart, or together again."""
        self._borders = not self._borders
        self._seen = None
        self._look()

    def action_scroll(self, by: int) -> None:
        """Move a long row up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def _is_at(row: Any, file: str, number: int) -> bool:
    return row.file == file and row.row == number
