"""The tree of runs, checkpoints and exports: read while it is looked at, filtered, sorted, folded,
marked. What can be done with them is in :mod:`tui.screens.runs`."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.runs.digest import Digest
from engine.units import human_bytes
from tui.run_details import ANSWER_LINES, details_of
from tui.run_tree import Line
from tui.screens.run_reading import RunReading
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.row_list import RowList
from tui.widgets.run_chart import RunChart, curves_of
from tui.widgets.run_rows import RunColumns, draw_line

_LONG = 50  # runs from which on it is told how many are read


class RunBrowser(RunReading):
    """Runs newest first until sorted otherwise; what is under the cursor, explained beside it."""

    title_key = "runs.title"
    AUTO_FOCUS = "RowList"
    DEFAULT_CSS = """
    RunBrowser Input { padding: 0 1; background: $panel; display: none; }
    RunBrowser Input.-open { display: block; }
    RunBrowser .body { height: 1fr; }
    RunBrowser .tree { height: 1fr; }
    RunBrowser .beside { height: 7; }
    RunBrowser RunChart { display: none; }
    RunBrowser.-wide .beside { height: 11; }
    RunBrowser.-huge .body { layout: horizontal; }
    RunBrowser.-huge .tree { width: 62%; }
    RunBrowser.-huge .beside { width: 38%; height: 1fr; padding-left: 2; }
    RunBrowser.-huge RunChart { display: block; height: 40%; }
    RunBrowser DetailLines { height: 1fr; }
    """

    class Explained(Message):
        """The details of a line are there."""

        def __init__(self, line: Line, details: list[Detail], curves: Digest | None) -> None:
            super().__init__()
            self.line, self.details, self.curves = line, details, curves

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""
        self._details: list[Detail] = []
        self._explaining: Line | None = None

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, self.listed.lines(self._wanted), enter="keys.run_open")
        entry = Input(self._wanted, placeholder=words.t("runs.filter_hint"), compact=True)
        entry.set_class(bool(self._wanted), "-open")
        tree = Container(RunColumns(self.listed), rows, entry, classes="tree")
        beside = Container(RunChart(), DetailLines(self._shown_details()), classes="beside")
        return [Container(tree, beside, classes="body")]

    def head_right(self) -> str:
        count = self.count
        runs = count - sum(run.kind == "average" for run in self.listed.found)
        parts = [words.t("runs.count", count=runs)] if count else []
        if self.listed.marked:
            parts.append(words.t("runs.marked", count=len(self.listed.marked)))
        elif len(self.listed.heads) < count and count > _LONG:
            done = len(self.listed.heads)
            parts.append(words.t("runs.read_so_far", done=done, count=count))
        size = self.listed.bytes
        parts += [human_bytes(size)] if size else []
        if count:
            key = words.t(f"runs.sort_{self.listed.sort}")
            parts.append(words.t("runs.sorted", key=key))
        return f"{' · '.join(parts)}   {words.language().upper()}".strip()

    def _draw(self, line: Line, cells: int, selected: bool) -> Text:
        return draw_line(self, self.listed, line, cells, selected)

    def _shown_details(self) -> list[Detail]:
        if self.read_once and not self.listed.found:
            return [Detail(words.t("runs.none"), "ash", "wrap")]
        if self.has_class("-huge"):
            return self._details
        return [d._replace(most=1) if d.most == ANSWER_LINES else d for d in self._details]

    def show(self) -> None:
        """Draw the list and the head again; the cursor stays on its line."""
        rows = self.query_one(RowList)
        before, lines = self.line, self.listed.lines(self._wanted)
        rows.show(lines, cursor=lines.row_of(before.identity) if before else None)
        self.query_one(HeadLine).show(right=self.head_right())
        self.query_one(RunColumns).refresh()
        self.refresh_bindings()
        self._in_sight()

    def on_resize(self) -> None:
        super().on_resize()
        self.query_one(DetailLines).show(self._shown_details())

    def _in_sight(self) -> None:
        """Let the runs that are in sight be read first."""
        rows = self.query_one(RowList)
        top = round(rows.scroll_offset.y)
        seen = rows.rows[top : top + max(1, rows.size.height)]
        self.watched.first = [line.found.name for line in seen if line.head is None]

    # -- the line under the cursor -------------------------------------------------------------

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.query_one(RowList).current

    def chosen(self) -> list[Line]:
        """What an action is for: all that is marked, else the line under the cursor."""
        marked = list(self.listed.marked.values())
        line = self.line
        return marked or ([line] if line is not None else [])

    def explain(self) -> None:
        """Find the details of the line under the cursor, one line at a time."""
        line = self.line
        if line is None:
            self._details = []
            self.query_one(DetailLines).show(self._shown_details())
        elif self._explaining is None:
            self._explaining = line
            self.run_worker(self._finder(line), thread=True, exit_on_error=False, group="details")

    def _finder(self, line: Line) -> Callable[[], None]:
        wide = self.has_class("-huge")

        def find() -> None:
            details: list[Detail] = []
            curves: Digest | None = None
            try:
                details = details_of(line)
                curves = curves_of(line.found) if wide else None
            finally:
                self.post_message(self.Explained(line, details, curves))

        return find

    def on_run_browser_explained(self, message: Explained) -> None:
        self._explaining = None
        line = self.line
        if line is not None and line.identity == message.line.identity:
            self._details = message.details
            if message.curves is not None:
                self.query_one(RunChart).show_run(line.found.name, message.curves)
            self.query_one(DetailLines).show(self._shown_details())
        if line is not None and line != message.line:
            self.explain()

    def on_row_list_moved(self) -> None:
        self.refresh_bindings()
        self._in_sight()
        self.explain()

    # -- folding, marking, sorting, filtering --------------------------------------------------

    def action_fold(self, folded: bool) -> None:
        if self.line is not None:
            self.listed.fold(self.line.found.name, folded)
            self.open(self.listed.unread())
            self.show()  # the cursor goes from a checkpoint folded away to its run
            self.explain()

    def action_mark(self) -> None:
        rows = self.query_one(RowList)
        if self.line is not None:
            self.listed.toggle_mark(self.line)
            rows.action_move(1)
            self.show()

    def action_sort(self) -> None:
        self.listed.next_sort()
        self.show()

    def action_turn(self) -> None:
        self.listed.turned = not self.listed.turned
        self.show()

    def action_filter(self) -> None:
        entry = self.query_one(Input)
        entry.add_class("-open")
        entry.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        self.show_filtered(message.value)

    def show_filtered(self, wanted: str) -> None:
        """Show only runs whose name, status or model contains every word of ``wanted``."""
        self._wanted, before = wanted.strip(), self.line
        self.show()
        if before is not None and self.line is not None and before.identity != self.line.identity:
            self.query_one(RowList).move_to(0)  # its own line is gone: to the first that fits
        self.explain()

    def on_input_submitted(self) -> None:
        self.query_one(RowList).focus()
        self.explain()

    def action_back(self) -> None:
        entry = self.query_one(Input)
        if entry.has_class("-open"):
            entry.value = ""
            entry.remove_class("-open")
            self.query_one(RowList).focus()
        elif self.listed.marked:
            self.listed.marked.clear()
            self.show()
        else:
            super().action_back()
