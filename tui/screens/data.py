"""Step 2: the rows to learn from, and whether they are what they should be."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.data.refuse import share_to_allow
from engine.data.registry import registered_names
from engine.errors import DanluError
from engine.job import Job
from engine.spec.run_spec import plain
from tui.cells import fit, right
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.widgets.job_bar import JobBar
from tui.widgets.row_list import RowList
from tui.wizard import findings
from tui.wizard.amount import parse_amount, typed_amount
from tui.wizard.data_rows import COUNTS, DataRow, data_rows, draw_data_row
from tui.wizard.lengths_pane import LengthsPane, draft_lengths
from tui.wizard.refusals import not_an_amount, not_in_registry
from tui.wizard.step_list import StepList
from tui.wizard.step_screen import StepScreen

if TYPE_CHECKING:
    from engine.spec.sections import Source
    from tui.screens.hub_box import HubChoice

_OF_ROWS = ("remove", "look_rows", "look_problems", "use_length", "columns", "take_columns")


class DataScreen(StepScreen):
    """Sources with their counts, placeholders, the lengths; rows and problems a key away."""

    step = "data"
    title_key = "wizard_data.title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add_file", "keys.data_add_file", id="data.add_file"),
        Binding("h", "add_hub", "keys.data_add_hub", id="data.add_hub"),
        Binding("y", "take_columns", "keys.data_take_columns", id="data.take_columns"),
        Binding("c", "columns", "keys.data_columns", id="data.columns"),
        Binding("x,delete", "remove", "keys.data_remove", id="data.remove"),
        Binding("v", "look_rows", "keys.data_rows", id="data.rows"),
        Binding("e", "look_problems", "keys.data_problems", id="data.problems"),
        Binding("m", "use_length", "keys.data_use_length", id="data.use_length"),
        Binding("r", "again", "keys.data_again", id="data.again", show=False),
    ]
    DEFAULT_CSS = """
    DataScreen .split { height: 1fr; }
    DataScreen .list { height: 1fr; }
    DataScreen .heading { height: 1; }
    DataScreen .lengths { height: auto; max-height: 10; padding: 0 1; margin-top: 1; }
    DataScreen.-wide .split, DataScreen.-huge .split { layout: horizontal; }
    DataScreen.-wide .lengths, DataScreen.-huge .lengths {
        width: 56; height: 1fr; max-height: 100%; margin: 0 0 0 2;
    }
    DataScreen.-wide Histogram, DataScreen.-huge Histogram { height: 12; }
    """

    def work(self) -> list[Widget]:
        sources = StepList(self._draw, data_rows(self.draft), id="data_rows")
        lengths = Container(LengthsPane(), JobBar(), classes="lengths")
        listed = Container(Heading(classes="heading"), sources, classes="list")
        return [Container(listed, lengths, classes="split")]

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self.look_now()
        wanted = self.draft.places.get("data", ("go", "memory"))
        self._to_row(*wanted)

    def _draw(self, row: DataRow, cells: int, selected: bool) -> Text:
        return draw_data_row(self, row, cells, selected)

    def _to_row(self, kind: str, key: Any) -> None:
        rows = self.query_one(RowList)
        for index, row in enumerate(rows.rows):
            if (row.kind, row.key) == (kind, key):
                rows.move_to(index)

    def refresh_work(self) -> None:
        findings.ask_shelf(self.draft)
        findings.ask_facts(self.draft, self.draft.spec.model.source)
        findings.ask_tokenizer(self.draft)
        findings.ask_check(self.draft)
        self.query_one(RowList).show(data_rows(self.draft), same=lambda row: (row.kind, row.key))
        self.query_one(LengthsPane).show(self.draft)
        self._show_job()

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
        elif row.kind == "columns":
            self._take_columns(int(row.key))
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

    # Sources

    def _change_sources(self, sources: list[Any]) -> None:
        self.draft.change({"data.train": sources})
        self.look_now()

    def _sources(self) -> list[Any]:
        return plain(self.draft.spec.data.train)

    def action_add_file(self) -> None:
        """Look for a data file on this machine."""
        from tui.screens.browse import BrowseScreen

        start = Path(self.draft.places.get("data_folder", Path.cwd()))
        about = words.t("wizard_data.browse_about")
        self.app.push_screen(BrowseScreen(start, about, "data"), self._add_path)

    def _add_path(self, path: Path | None) -> None:
        if path is None:
            return
        self.draft.places["data_folder"] = str(path.parent)
        names = registered_names(path)
        if names:
            self._ask_names(path, names)
        else:
            self._add({"source": str(path)})

    def _ask_names(self, path: Path, names: list[str]) -> None:
        """Which of the sets that a ``dataset_info.json`` lists are wanted."""
        question = AskScreen(
            words.t("wizard_data.registry", count=len(names)),
            words.t("wizard_data.registry_about", names=", ".join(names)),
            value=",".join(names[:1]),
            refuse=lambda text: not_in_registry(text, names),
        )

        def named(text: str | None) -> None:
            if text:
                self._add({"source": f"{path}:{text.replace(' ', '')}"})

        self.app.push_screen(question, named)

    def _add(self, source: dict[str, Any]) -> None:
        self._change_sources([*self._sources(), source])
        self._to_row("go", "memory")

    def action_add_hub(self) -> None:
        """Find a data set here, in the catalogue and on both hubs at once, or paste a path."""
        from tui.screens.hub_box import DataBoxScreen

        self.app.push_screen(DataBoxScreen(self.draft.machine, self._took))

    def _took(self, choice: HubChoice) -> None:
        prefix = {"modelscope": "ms::", "huggingface": "hf::", None: ""}[choice.hub]
        text = choice.source
        self._add_named(text if "::" in text else f"{prefix}{text}")

    def _add_named(self, text: str | None) -> None:
        if text:
            name, mark, count = text.rpartition("#")
            sampled = {"source": name, "sample": int(count)} if mark and count.isdigit() else None
            self._add(sampled or {"source": text})

    def _ask_sample(self, index: int) -> None:
        source = self.draft.spec.data.train[index]
        question = AskScreen(
            words.t("wizard_data.sample", source=source.source),
            words.t("wizard_data.sample_about"),
            value=typed_amount(source),
            refuse=not_an_amount,
        )

        def taken(text: str | None) -> None:
            if text is not None:
                sources = self._sources()
                sources[index] = {**sources[index], **(parse_amount(text) or {})}
                self._change_sources(sources)

        self.app.push_screen(question, taken)

    def action_remove(self) -> None:
        """Take the source under the cursor out of the run; the file itself stays."""
        row = self.query_one(RowList).current
        if row is not None and row.kind == "source":
            sources = self._sources()
            del sources[int(row.key)]
            self._change_sources(sources)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _OF_ROWS and not self.is_mounted:
            return False
        if action == "columns":
            return self._source_there() is not None
        if action == "take_columns":
            return bool(findings.proposals(self.draft))
        if action == "remove":
            row = next((rows.current for rows in self.query(RowList)), None)
            return row is not None and row.kind == "source"
        report = findings.report(self.draft)
        if action == "look_rows":
            return report is not None and findings.taken_rows(report) > 0
        if action == "look_problems":
            return report is not None and bool(report.findings)
        if action == "use_length":
            found = draft_lengths(self.draft)
            return found is not None and found.suggested != self.draft.spec.data.max_length
        return super().check_action(action, parameters)

    # Columns

    def _source_there(self) -> int | None:
        """The source under the cursor, by its place."""
        row = next((rows.current for rows in self.query(RowList)), None)
        return int(row.key) if row is not None and row.kind in ("source", "columns") else None

    def action_take_columns(self) -> None:
        """Take the columns of the first source that has unknown ones as danlu proposes."""
        for index in list(findings.proposals(self.draft))[:1]:
            self._take_columns(index)

    def _take_columns(self, index: int) -> None:
        columns, tags = findings.proposals(self.draft)[index]
        self._set_columns(index, columns, tags)

    def _set_columns(
        self, index: int, columns: dict[str, str] | None, tags: dict[str, str] | None
    ) -> None:
        sources = self._sources()
        changed = {**sources[index], "columns": columns, "tags": tags}
        sources[index] = {key: value for key, value in changed.items() if value is not None}
        self._change_sources(sources)

    def action_columns(self) -> None:
        """Say of each column of the source under the cursor what it is."""
        index = self._source_there()
        if index is not None:
            source, stage = self.draft.spec.data.train[index], self.draft.spec.method.stage
            self.run_worker(
                lambda: self._look_at_columns(index, source, stage),
                thread=True,
                exit_on_error=False,
                exclusive=True,
                group="columns",
            )

    def _look_at_columns(self, index: int, source: Source, stage: str) -> None:
        from engine.data.glance import first_rows
        from tui.screens.columns import ColumnsScreen

        try:
            rows = first_rows(source, Job())
        except DanluError as error:
            self.app.call_from_thread(self.fail, error)
            return
        if rows:
            taken = partial(self._set_columns, index)
            self.app.call_from_thread(
                self.app.push_screen, ColumnsScreen(source, rows, stage, taken)
            )

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
            words.t("wizard_data.fill", name=f"{{{{{name}}}}}"),
            words.t("wizard_data.fill_about"),
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
        line = Text(fit(f"    {words.t('wizard_data.heading.source')}", cells - sum(COUNTS)))
        for key, column in zip(("format", "rows", "kept", "dropped"), COUNTS, strict=True):
            line.append(right(words.t(f"wizard_data.heading.{key}"), column))
        line.stylize(ink(self, "ash"))
        return line
