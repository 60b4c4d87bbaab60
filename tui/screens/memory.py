"""Step 3: whether the run fits this machine, and what would change that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.errors import DanluError
from engine.hardware import machine
from tui.cells import fit, width
from tui.memory_word import memory_words
from tui.symbols import sign
from tui.widgets.job_bar import JobBar
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList
from tui.widgets.stacked_bar import StackedBar
from tui.wizard import estimates, findings
from tui.wizard.memory_lines import (
    MemoryRow,
    change_heading,
    device_words,
    draw_change,
    item_lines,
    largest,
    run_line,
    verdict_said,
)
from tui.wizard.step_list import StepList
from tui.wizard.step_screen import StepScreen

if TYPE_CHECKING:
    from engine.memory.estimate import Estimate

_ITEMS = {"narrow": 7, "wide": 20}
_WIDEST = 120  # cells of the list of changes: its figures stand by what they are about


class MemoryScreen(StepScreen):
    """The estimate as a bar and its items; below, changes that Enter applies."""

    step = "memory"
    title_key = "wizard_memory.title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "undo", "keys.memory_undo", id="memory.undo"),
        Binding("r", "again", "keys.memory_again", id="memory.again"),
        Binding("f", "fetch", "keys.model_fetch", id="memory.fetch"),
        Binding("x", "cancel", "keys.wizard_cancel", id="memory.cancel"),
    ]
    DEFAULT_CSS = """
    MemoryScreen .run { height: 1; margin-bottom: 1; padding: 0 1; }
    MemoryScreen StackedBar { padding: 0 1; }
    MemoryScreen #items { height: auto; padding: 0 1; }
    MemoryScreen Prose { padding: 0 1; }
    MemoryScreen #change_heading { height: 1; margin-top: 1; }
    MemoryScreen RowList { height: 1fr; min-height: 3; max-width: 120; }
    MemoryScreen #said { margin-top: 1; }
    """

    def work(self) -> list[Widget]:
        return [
            Static("", classes="run", markup=False),
            StackedBar(),
            Static("", id="items", markup=False),
            Prose("", "", id="said"),
            Static("", id="change_heading", markup=False),
            StepList(self._draw, self._rows(), id="changes"),
            JobBar(),
        ]

    def on_mount(self) -> None:
        self.draft.machine = machine()
        self.query_one(RowList).focus()

    def on_resize(self) -> None:
        self.look_now()

    def _draw(self, row: MemoryRow, cells: int, selected: bool) -> Text:
        return draw_change(self, row, cells, selected)

    def _estimate(self) -> Estimate | None:
        """The newest estimate of the spec as it is now; with the changes once they are traced."""
        for name in ("changes", "estimate"):
            task = self.draft.desk.find(name)
            if task is not None and task.result is not None:
                return task.result
        return None

    def _rows(self) -> list[MemoryRow]:
        found = self._estimate()
        return [MemoryRow(), *(MemoryRow(change) for change in (found.changes if found else ()))]

    def refresh_work(self) -> None:
        findings.ask_shelf(self.draft)
        findings.ask_facts(self.draft, self.draft.spec.model.source)
        findings.ask_check(self.draft)
        estimates.ask_estimate(self.draft)
        estimates.ask_changes(self.draft)
        self._show_run()
        found = self._estimate()
        self._show_estimate(found)
        rows = self.query_one(RowList)
        before = len(rows.rows)
        rows.show(self._rows())
        if before == 1 < len(rows.rows) and found and found.verdict == "does_not_fit":
            rows.move_to(1)
        self._show_job()

    def _show_run(self) -> None:
        device = device_words(self.draft.machine)
        cells = max(20, self.size.width - 4)
        left = fit(run_line(self.draft), cells - width(device) - 2)
        line = Content.assemble((left, "bold"), "  ", (device, "$ash"))
        self.query_one(".run", Static).update(line)

    def _show_estimate(self, found: Estimate | None) -> None:
        bar, items = self.query_one(StackedBar), self.query_one("#items", Static)
        said, heading = self.query_one("#said", Prose), self.query_one("#change_heading", Static)
        for widget in (bar, items, heading):
            widget.display = found is not None
        said.say(self._said(found))
        said.display = bool(self._said(found))
        if found is None:
            return
        count = _ITEMS["wide" if self.size.height >= 30 else "narrow"]
        kept, others = largest(found.items, count)
        parts = [*(item.bytes for item in kept), *([others] if others else [])]
        bar.show(parts, found.free_bytes, verdict_said(found))
        items.update(item_lines(kept, others, max(40, self.size.width - 4)))
        heading.update(change_heading(self, min(_WIDEST, self.size.width - 2), self._card))

    @property
    def _card(self) -> bool:
        return bool(self.draft.machine.gpus)

    def _said(self, found: Estimate | None) -> str:
        if found is not None:
            too_much = memory_words(self._card, "wizard_memory.too_much")
            verdict = too_much if found.verdict == "does_not_fit" else ""
            away = words.t("wizard_memory.by_shapes") if estimates.is_away(self.draft) else ""
            return "\n".join(said for said in (verdict, away) if said)
        error = self._error()
        if error is not None:
            return f"{sign('no')} {error}"
        if self.draft.exclusions():
            return f"{sign('no')} {self.draft.exclusions()[0].what}"
        if estimates.is_away(self.draft) and estimates.ask_shapes(self.draft) is None:
            seeking = estimates.seeking_shapes(self.draft)
            return words.t("wizard_memory.seeking" if seeking else "wizard_memory.not_here")
        task = self.draft.desk.find("estimate")
        if task is not None and task.cancelled:
            return words.t("wizard_memory.cancelled")
        return words.t("wizard_memory.estimating")

    def _error(self) -> DanluError | None:
        task = self.draft.desk.find("estimate")
        return findings.model_error(self.draft) or (task.error if task else None)

    def _show_job(self) -> None:
        bar = self.query_one(JobBar)
        task = self._working()
        bar.show(task.job if task else None, words.t("wizard.cancel_hint"))
        fetch = self.draft.desk.find("fetch")
        if fetch is not None and fetch.error is not None:
            self.draft.desk.forget("fetch")
            self.fail(fetch.error)

    def _working(self) -> Any:
        tasks = (self.draft.desk.find(name) for name in ("fetch", "shapes", "estimate", "changes"))
        return next((task for task in tasks if task is not None and not task.done), None)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        row: MemoryRow = event.row
        if row.change is None:
            self.action_step(1)
            return
        self.draft.places.setdefault("undo", []).append(self.draft.spec)
        try:
            self.draft.change(row.change.set)
        except DanluError as error:
            self.fail(error)
            return
        self.query_one(RowList).move_to(0)
        self.look_now()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "undo":
            return bool(self.draft.places.get("undo"))
        if action == "cancel":
            return self._working() is not None
        if action == "again":
            return self._working() is None
        if action == "fetch":
            fetching = self.draft.desk.find("fetch")
            return estimates.is_away(self.draft) and (fetching is None or fetching.done)
        return super().check_action(action, parameters)

    def action_undo(self) -> None:
        """Take back the change applied last."""
        self.draft.spec = self.draft.places["undo"].pop()
        self.look_now()

    def action_again(self) -> None:
        """Look at the machine again and estimate anew."""
        self.draft.machine = machine()
        for name in ("shapes", "estimate", "changes"):
            self.draft.desk.forget(name)
        self.look_now()

    def action_fetch(self) -> None:
        findings.ask_fetch(self.draft)
        self.look_now()

    def action_cancel(self) -> None:
        task = self._working()
        if task is not None:
            task.job.cancel()
