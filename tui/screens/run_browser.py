"""The tree of runs, checkpoints and exports: read while it is looked at, filtered, sorted, folded,
marked. What can be done with them is in :mod:`tui.screens.runs`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from rich.text import Text
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.runs.contents import Contents, contents_of
from engine.runs.digest import Digest
from engine.runs.heads import RunHead
from engine.runs.scan import FoundRun
from engine.runs.store import Run
from engine.units import human_bytes
from tui.run_details import ANSWER_LINES, details_of
from tui.run_heads import HeadWatch
from tui.run_tree import Line, RunTree
from tui.screens.base import DanluScreen
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.row_list import RowList
from tui.widgets.run_chart import RunChart, curves_of
from tui.widgets.run_rows import RunColumns, draw_line

EVERY = 2.0  # seconds between two looks; more where a look takes long
_BATCH = 0.15  # seconds of reading before what was read is shown
_MANY = 1000  # runs from which on showing costs more, and is done less often


class RunBrowser(DanluScreen):
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

    class Read(Message):
        """The worker has read some more; ``found`` is every run, ``done`` whether all are read."""

        def __init__(self, found: list[FoundRun], heads: list[RunHead], done: bool) -> None:
            super().__init__()
            self.found, self.heads, self.done = found, heads, done

    class Opened(Message):
        """What runs hold, by name."""

        def __init__(self, contents: dict[str, Contents]) -> None:
            super().__init__()
            self.contents = contents

    class Explained(Message):
        """The details of a line are there."""

        def __init__(self, line: Line, details: list[Detail], curves: Digest | None) -> None:
            super().__init__()
            self.line, self.details, self.curves = line, details, curves

    def __init__(self) -> None:
        super().__init__()
        self.listed = RunTree()
        self._watch = HeadWatch()
        self._wanted = ""
        self._details: list[Detail] = []
        self._read_once = False
        self._every = EVERY
        self._looked = 0.0
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
        count = len(self.listed.found)
        parts = [words.t("runs.count", count=count)] if count else []
        if self.listed.marked:
            parts.append(words.t("runs.marked", count=len(self.listed.marked)))
        elif count and len(self.listed.heads) < count and self._looked:
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
        if self._read_once and not self.listed.found:
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

    # -- reading, in threads -----------------------------------------------------------------

    def on_mount(self) -> None:
        self.look()
        self.set_interval(EVERY, self._look_again)

    def on_screen_resume(self) -> None:
        self.look()
        self.open_again()

    def _look_again(self) -> None:
        if time.monotonic() - self._looked > self._every:
            self.look()

    def look(self) -> None:
        """See what is new, unless that is being done."""
        if self.app.screen is self and not any(w.group == "runs" for w in self.workers):
            self.run_worker(self._read, thread=True, exit_on_error=False, group="runs")

    def _read(self) -> None:
        """In a thread: which runs there are, then every head that may be another, in batches."""
        watch, began = self._watch, time.monotonic()
        found = watch.scan()
        if not self._read_once:
            self.post_message(self.Read(found, [], False))
            self.post_message(self.Read(found, watch.known(found), False))
        took = time.monotonic() - began
        batch: list[RunHead] = []
        pace, shown = _BATCH * (4 if len(found) > _MANY else 1), time.monotonic()
        for head in watch.read(watch.stale(found)):
            batch.append(head)
            if time.monotonic() - shown > pace:
                self.post_message(self.Read(found, batch, False))
                batch, shown = [], time.monotonic()
            time.sleep(0)  # the screen comes first
        self._every, self._looked = max(EVERY, 20 * took), time.monotonic()
        self.post_message(self.Read(found, batch, True))

    def on_run_browser_read(self, message: Read) -> None:
        tree, first = self.listed, message.done and not self._read_once
        changed = bool(message.heads) or message.found != tree.found
        tree.set_runs(message.found)
        tree.learn(message.heads)
        self._read_once = self._read_once or message.done
        if changed or first:
            self.show()
            self._explain()
        names = {head.name for head in message.heads}
        self.open([run for run in tree.found if run.name in names and run.name in tree.contents])
        self.open(tree.unread())

    def open(self, runs: list[FoundRun]) -> None:
        """Read, in a thread, what ``runs`` hold."""

        def read() -> None:
            found = {}
            for run in runs:
                found[run.name] = contents_of(Run(Path(run.path)))
            self.post_message(self.Opened(found))

        if runs:
            self.run_worker(read, thread=True, exit_on_error=False, group="contents")

    def open_again(self) -> None:
        """Read anew what is shown of the runs that are not folded."""
        tree = self.listed
        self.open([r for r in tree.found if r.name in tree.contents and not tree.is_folded(r.name)])

    def on_run_browser_opened(self, message: Opened) -> None:
        changed = [
            name
            for name, contents in message.contents.items()
            if self.listed.contents.get(name) != contents
        ]
        for name in changed:
            self.listed.learn_contents(name, message.contents[name])
        if changed:
            self.show()
            self._explain()

    def _in_sight(self) -> None:
        """Let the runs that are in sight be read first."""
        rows = self.query_one(RowList)
        top = round(rows.scroll_offset.y)
        seen = rows.rows[top : top + max(1, rows.size.height)]
        self._watch.first = [line.found.name for line in seen if line.head is None]

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

    def _explain(self) -> None:
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
            self._explain()

    def on_row_list_moved(self) -> None:
        self.refresh_bindings()
        self._in_sight()
        self._explain()

    # -- folding, marking, sorting, filtering --------------------------------------------------

    def action_fold(self, folded: bool) -> None:
        if self.line is not None:
            self.listed.fold(self.line.found.name, folded)
            self.open(self.listed.unread())
            self.show()  # the cursor goes from a checkpoint folded away to its run
            self._explain()

    def action_mark(self) -> None:
        rows = self.query_one(RowList)
        if self.line is not None and self.line.exported is None:
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
        self._wanted = wanted.strip()
        self.show()

    def on_input_submitted(self) -> None:
        self.query_one(RowList).focus()
        self._explain()

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
