"""All runs on this machine and their checkpoints: look, resume, talk, verify, delete."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.errors import DanluError
from engine.runs.store import Run, list_runs
from engine.runs.trash import remove, set_aside, set_aside_run
from engine.units import human_bytes
from tui.run_details import Details, details_of
from tui.run_tree import Line, RunTree
from tui.run_watch import RunState, RunWatch
from tui.screens.base import DanluScreen
from tui.screens.confirm import ConfirmScreen
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.row_list import RowList
from tui.widgets.run_rows import RunColumns, draw_line

EVERY = 2.0  # seconds between two looks
_BATCH = 0.15  # seconds of reading before what was read is shown


class RunsScreen(DanluScreen):
    """A tree of runs and checkpoints, newest first; what is under the cursor, explained below."""

    title_key = "runs.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "resume", "keys.run_resume", id="runs.resume"),
        Binding("c", "chat", "keys.run_chat", id="runs.chat"),
        Binding("v", "verify", "keys.run_verify", id="runs.verify"),
        Binding("e", "evaluate", "keys.run_evaluate", id="runs.evaluate"),
        Binding("x", "export", "keys.run_export", id="runs.export"),
        Binding("s", "serve", "keys.run_serve", id="runs.serve"),
        Binding("y", "copy", "keys.run_copy", id="runs.copy"),
        Binding("D", "delete", "keys.run_delete", id="runs.delete"),
        Binding("slash", "filter", "keys.filter", id="runs.filter"),
        Binding("space", "fold", "keys.run_fold", id="runs.fold", show=False),
        Binding("left,h", "fold(True)", "keys.run_fold", id="runs.fold_in", show=False),
        Binding("right", "fold(False)", "keys.run_fold", id="runs.fold_out", show=False),
    ]
    DEFAULT_CSS = """
    RunsScreen Input { padding: 0 1; background: $panel; display: none; }
    RunsScreen Input.-open { display: block; }
    """

    class Read(Message):
        """The worker has read some more: the list of runs, states, sizes."""

        def __init__(
            self, runs: list[Run], states: list[RunState], sizes: dict[str, int], ended: bool
        ) -> None:
            super().__init__()
            self.runs, self.states, self.sizes, self.ended = runs, states, sizes, ended

    class Explained(Message):
        """The details of a line are there."""

        def __init__(self, line: Line, details: Details) -> None:
            super().__init__()
            self.line, self.details = line, details

    class Deleted(Message):
        """It is deleted, or ``error`` says why not."""

        def __init__(self, error: DanluError | None = None) -> None:
            super().__init__()
            self.error = error

    def __init__(self) -> None:
        super().__init__()
        self._tree = RunTree()
        self._watch = RunWatch()
        self._wanted = ""
        self._details = Details()
        self._read_once = False

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, self._tree.lines(self._wanted), enter="keys.run_open")
        entry = Input(self._wanted, placeholder=words.t("runs.filter_hint"), compact=True)
        entry.set_class(bool(self._wanted), "-open")
        return [RunColumns(), rows, entry, DetailLines(self._details_lines())]

    def head_right(self) -> str:
        count, size = len(self._tree.runs), sum(self._tree.sizes.values())
        parts = [words.t("runs.count", count=count)] if count else []
        parts += [human_bytes(size)] if size else []
        return f"{' · '.join(parts)}   {words.language().upper()}".strip()

    def _draw(self, line: Line, cells: int, selected: bool) -> Text:
        return draw_line(self, self._tree, line, cells, selected)

    def _details_lines(self) -> list[Detail]:
        if self._read_once and not self._tree.runs:
            return [Detail(words.t("runs.none"), "ash", "wrap")]
        found = self._details
        remark = Detail(found.remark, "gold", "wrap")
        return [Detail(found.facts), remark, Detail(found.path, "ash", "cut_start")]

    def _redraw(self) -> None:
        rows = self.query_one(RowList)
        rows.show(self._tree.lines(self._wanted), same=lambda line: line.identity)
        self.query_one(HeadLine).show(right=self.head_right())
        self.refresh_bindings()

    # -- reading, in a thread ----------------------------------------------------------------

    def on_mount(self) -> None:
        self._look()
        self.set_interval(EVERY, self._look)

    def on_screen_resume(self) -> None:
        self._look()

    def _look(self) -> None:
        if self.app.screen is self and not any(w.group == "runs" for w in self.workers):
            self.run_worker(self._read, thread=True, exit_on_error=False, group="runs")

    def _read(self) -> None:
        """In a thread: the list of runs, then every journal that has something new, in batches."""
        runs = list_runs()
        fresh = [run for run in runs if self._watch.stale(run)]
        states: list[RunState] = []
        sizes: dict[str, int] = {}
        shown = time.monotonic()
        if not self._read_once:
            self.post_message(self.Read(runs, [], {}, False))
        for state in self._watch.look(fresh):
            states.append(state)
            sizes[state.name] = state.run.bytes()
            if time.monotonic() - shown > _BATCH:
                self.post_message(self.Read(runs, states, sizes, False))
                states, sizes, shown = [], {}, time.monotonic()
            time.sleep(0)
        self.post_message(self.Read(runs, states, sizes, True))

    def on_runs_screen_read(self, message: Read) -> None:
        changed = message.states or [r.name for r in message.runs] != [
            r.name for r in self._tree.runs
        ]
        self._tree.set_runs(message.runs)
        self._tree.learn(message.states)
        self._tree.sizes.update(message.sizes)
        first = message.ended and not self._read_once
        self._read_once = self._read_once or message.ended
        if changed or first:
            self._redraw()
            self._explain()

    def _explain(self) -> None:
        line = self._line
        if line is None:
            self._details = Details()
            self.query_one(DetailLines).show(self._details_lines())
            return

        def find() -> None:
            self.post_message(self.Explained(line, details_of(line)))

        self.run_worker(find, thread=True, exclusive=True, exit_on_error=False, group="details")

    def on_runs_screen_explained(self, message: Explained) -> None:
        if self._line is not None and self._line.identity == message.line.identity:
            self._details = message.details
            self.query_one(DetailLines).show(self._details_lines())

    # -- keys ---------------------------------------------------------------------------------

    @property
    def _line(self) -> Line | None:
        return self.query_one(RowList).current

    def on_row_list_moved(self) -> None:
        self.refresh_bindings()
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        talks = ("chat", "verify", "evaluate", "export", "serve")
        if action not in ("resume", *talks, "copy", "delete", "fold", "filter"):
            return True
        if not self.is_mounted or isinstance(self.focused, Input):
            return False
        line = self._line
        if action == "filter" or line is None:
            return action == "filter"
        return {"resume": line.can_resume, **dict.fromkeys(talks, line.can_talk)}.get(action, True)

    def on_row_list_chosen(self) -> None:
        if self._line is not None:
            self.danlu.show_run(self._line.run)

    def action_resume(self) -> None:
        line = self._line
        if line is None:
            return
        try:
            self.danlu.start_training(line.run, resume=True)
        except DanluError as error:
            self.fail(error)

    def action_chat(self) -> None:
        from tui.screens.chat import ChatScreen

        if self._line is not None:
            self.app.push_screen(ChatScreen(self._line.target))

    def action_verify(self) -> None:
        from tui.screens.verify import VerifyScreen

        if self._line is not None:
            self.app.push_screen(VerifyScreen(self._line.target))

    def action_evaluate(self) -> None:
        from tui.screens.evaluate import EvaluateScreen

        if self._line is not None:
            self.app.push_screen(EvaluateScreen(self._line.target))

    def action_export(self) -> None:
        from tui.screens.export import ExportScreen

        if self._line is not None:
            self.app.push_screen(ExportScreen(self._line.target))

    def action_serve(self) -> None:
        from tui.screens.serving import ServingScreen

        if self._line is not None:
            self.app.push_screen(ServingScreen(target=self._line.target))

    def action_copy(self) -> None:
        if self._line is not None:
            self.app.copy_to_clipboard(self._line.path)
            self.notify(self._line.path, title=words.t("runs.copied"))

    def action_fold(self, folded: bool | None = None) -> None:
        if self._line is not None:
            self._tree.fold(self._line.run.name, folded)
            rows, line = self.query_one(RowList), self._line
            rows.show(self._tree.lines(self._wanted), same=lambda entry: entry.identity)
            if self._line is not None and self._line.run != line.run:
                self._to_run(line.run)
            self.on_row_list_moved()

    def _to_run(self, run: Run) -> None:
        rows = self.query_one(RowList)
        rows.move_to(next(i for i, line in enumerate(rows.rows) if line.run == run))

    # -- filter -----------------------------------------------------------------------------

    def action_filter(self) -> None:
        entry = self.query_one(Input)
        entry.add_class("-open")
        entry.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        self._wanted = message.value.strip()
        self._redraw()

    def on_input_submitted(self) -> None:
        self.query_one(RowList).focus()
        self._explain()

    def action_back(self) -> None:
        entry = self.query_one(Input)
        if entry.has_class("-open"):
            entry.value = ""
            entry.remove_class("-open")
            self.query_one(RowList).focus()
        else:
            super().action_back()

    # -- delete ------------------------------------------------------------------------------

    def action_delete(self) -> None:
        line = self._line
        if line is None:
            return
        kind = "checkpoint" if line.checkpoint else "run"
        size = line.checkpoint.bytes if line.checkpoint else self._tree.sizes.get(line.run.name, 0)
        question = ConfirmScreen(
            words.t(f"runs.delete_{kind}", name=line.target),
            words.t(f"runs.delete_{kind}_why", bytes=human_bytes(size)),
        )
        self.app.push_screen(question, lambda yes: self._delete(line) if yes else None)

    def _delete(self, line: Line) -> None:
        def delete() -> None:
            try:
                if line.checkpoint:
                    remove(set_aside(line.run, [Path(line.path).name]))
                else:
                    remove(set_aside_run(line.run))
            except DanluError as error:
                self.post_message(self.Deleted(error))
            else:
                self.post_message(self.Deleted())

        self.run_worker(delete, thread=True, exit_on_error=False, group="delete")

    def on_runs_screen_deleted(self, message: Deleted) -> None:
        if message.error is not None:
            self.fail(message.error)
        self._look()
