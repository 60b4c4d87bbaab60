"""Step 2: the rows to learn from, and whether they are what they should be."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.data.refuse import share_to_allow
from tui.cells import fit, right
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.data_sources import DataSourcesScreen
from tui.widgets.job_bar import JobBar
from tui.widgets.row_list import RowList
from tui.wizard import findings
from tui.wizard.data_rows import PROPOSED, DataRow, counts_in, data_rows, draw_data_row
from tui.wizard.lengths_pane import LengthsPane, draft_lengths
from tui.wizard.sample_pane import SamplePane
from tui.wizard.step_list import StepList

_OF_ROWS = ("look_rows", "look_problems", "use_length")


class DataScreen(DataSourcesScreen):
    """Sources with their counts, placeholders, the lengths; rows and problems a key away."""

    title_key = "wizard_data.title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "look_rows", "keys.data_rows", id="data.rows"),
        Binding("e", "look_problems", "keys.data_problems", id="data.problems"),
        Binding("m", "use_length", "keys.data_use_length", id="data.use_length"),
        Binding("r", "again", "keys.data_again", id="data.again", show=False),
    ]
    DEFAULT_CSS = """
    DataScreen .split { height: 1fr; }
    DataScreen SamplePane { display: none; }
    DataScreen.-tall .split { height: 40%; min-height: 19; }
    DataScreen.-tall SamplePane { display: block; height: 1fr; }
    DataScreen .list { height: 1fr; }
    DataScreen .heading { height: 1; }
    DataScreen .lengths { height: auto; max-height: 10; padding: 0 1; margin-top: 1; }
    DataScreen.-wide .split, DataScreen.-huge .split { layout: horizontal; }
    DataScreen.-wide .lengths, DataScreen.-huge .lengths {
        width: 56; height: 1fr; max-height: 100%; margin: 0 0 0 2;
    }
    DataScreen.-wide .lengths { width: 50; }
    DataScreen.-wide Histogram, DataScreen.-huge Histogram { height: 12; }
    """

    _proposed: frozenset[tuple[str, Any]] | set[tuple[str, Any]] = frozenset()

    def work(self) -> list[Widget]:
        sources = StepList(self._draw, data_rows(self.draft), id="data_rows")
        lengths = Container(LengthsPane(), JobBar(), classes="lengths")
        listed = Container(Heading(classes="heading"), sources, classes="list")
        return [Container(listed, lengths, classes="split"), SamplePane(self.draft)]

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self.look_now()
        wanted = self.draft.places.get("data", ("go", "memory"))
        self._to_row(*wanted)

    def on_resize(self) -> None:
        self.call_after_refresh(self.look_now)

    def _draw(self, row: DataRow, cells: int, selected: bool) -> Text:
        return draw_data_row(self, row, cells, selected)

    def refresh_work(self) -> None:
        findings.ask_shelf(self.draft)
        findings.ask_facts(self.draft, self.draft.spec.model.source)
        findings.ask_tokenizer(self.draft)
        findings.ask_check(self.draft)
        self.query_one(RowList).show(data_rows(self.draft), same=lambda row: (row.kind, row.key))
        self._to_proposal()
        self.query_one(LengthsPane).show(self.draft)
        if self.has_class("-tall"):
            self.query_one(SamplePane).refresh_rows()
        self._show_job()

    def _to_proposal(self) -> None:
        """Point at what danlu proposes, once it is known, where the cursor waits to go on."""
        rows = self.query_one(RowList)
        proposed = {(row.kind, row.key) for row in rows.rows if row.kind in PROPOSED}
        if rows.current is not None and rows.current.kind == "go":
            for kind, key in sorted(proposed - self._proposed)[:1]:
                self._to_row(kind, key)
        self._proposed = proposed

    # Below the list: what is being done

    def _show_job(self) -> None:
        task = self.draft.desk.find("check")
        running = task is not None and not task.done
        self.query_one(JobBar).show(task.job if task and running else None)

    # Enter

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self.draft.places["data"] = (event.row.kind, event.row.key)
        self.refresh_bindings()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        row: DataRow = event.row
        if row.kind == "source":
            self._ask_sample(int(row.key))
        elif row.kind == "placeholder":
            self._ask_fill(str(row.key))
        elif row.kind in PROPOSED:
            self._take(row)
        elif row.kind == "go":
            self._go_on()
        else:
            getattr(self, f"action_{row.kind}_{row.key}")()

    def _go_on(self) -> None:
        """Go on to Memory; a placeholder without a value is asked for first."""
        missing = findings.unfilled(self.draft)
        if missing:
            self._ask_fill(missing[0])
            return
        self.action_step(1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _OF_ROWS and not self.is_mounted:
            return False
        report = findings.report(self.draft)
        if action == "look_rows":
            return findings.can_look_at_rows(self.draft)
        if action == "look_problems":
            return report is not None and bool(report.findings)
        if action == "use_length":
            found = draft_lengths(self.draft)
            return found is not None and found.suggested != self.draft.spec.data.max_length
        return super().check_action(action, parameters)

    def action_allow_dropped(self) -> None:
        """Go on with the rows that can be used, though more are bad than is usual."""
        report = findings.report(self.draft)
        if report is not None:
            share = share_to_allow(report.dropped, report.rows)
            self.draft.change({"data.max_dropped": share})
            self._to_row("go", "memory")
            self.look_now()

    def action_again(self) -> None:
        """Check the rows again: a file may have been changed meanwhile."""
        self.draft.desk.forget("check")
        self.look_now()

    # Placeholders

    def _ask_fill(self, name: str) -> None:
        question = AskScreen(
            lambda: words.t("wizard_data.fill", name=f"{{{{{name}}}}}"),
            lambda: words.t("wizard_data.fill_about"),
            value=self.draft.spec.data.fill.get(name, ""),
            refuse=lambda text: "" if text else words.t("wizard_data.fill_needed"),
        )

        def filled(text: str | None) -> None:
            if text:
                self._fill(name, text)

        self.app.push_screen(question, filled)

    def _fill(self, name: str, text: str) -> None:
        missing = [other for other in findings.unfilled(self.draft) if other != name]
        self.draft.change({"data.fill": {**self.draft.spec.data.fill, name: text}})
        self.look_now()
        if missing:
            self._ask_fill(missing[0])

    # A closer look

    def action_use_length(self) -> None:
        """Take the suggested longest length."""
        found = draft_lengths(self.draft)
        if found is not None:
            self.draft.change({"data.max_length": found.suggested})
            self.look_now()

    def action_look_rows(self) -> None:
        """Page through the rows as the model will see them."""
        from tui.screens.rows import RowsScreen

        self.app.push_screen(RowsScreen(self.draft))

    def action_look_problems(self) -> None:
        """List what was found in the rows, each with its reason and its way out."""
        from tui.screens.data_problems import DataProblemsScreen

        report = findings.report(self.draft)
        if report is not None:
            self.app.push_screen(DataProblemsScreen(self.draft, report))


class Heading(Static):
    """The names of the list's columns."""

    def render(self) -> Text:
        cells = self.size.width
        columns = counts_in(cells)
        name = words.t("wizard_data.heading.source")
        line = Text(fit(f"    {name}", cells - sum(columns.values())))
        for key, column in columns.items():
            line.append(right(words.t(f"wizard_data.heading.{key}"), column))
        line.stylize(ink(self, "ash"))
        return line
