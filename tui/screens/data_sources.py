"""The sources of the rows: added, how much of each is taken, what their columns are, removed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from engine import words
from engine.data.registry import registered_names
from engine.errors import DanluError
from engine.job import Job
from engine.spec.run_spec import plain
from tui.screens.ask import AskScreen
from tui.widgets.row_list import RowList
from tui.wizard import findings
from tui.wizard.amount import parse_amount, typed_amount
from tui.wizard.data_rows import PROPOSED, DataRow
from tui.wizard.known_columns import known_columns
from tui.wizard.refusals import not_an_amount, not_in_registry
from tui.wizard.step_screen import StepScreen

if TYPE_CHECKING:
    from engine.spec.sections import Source
    from tui.screens.hub_box import HubChoice

_OF_SOURCES = ("columns", "take_columns", "remove")


class DataSourcesScreen(StepScreen):
    """What the Data screen does with the sources of its draft."""

    step = "data"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add_file", "keys.data_add_file", id="data.add_file"),
        Binding("h", "add_hub", "keys.data_add_hub", id="data.add_hub"),
        Binding("y", "take_columns", "keys.data_take_columns", id="data.take_columns"),
        Binding("c", "columns", "keys.data_columns", id="data.columns"),
        Binding("x,delete", "remove", "keys.data_remove", id="data.remove"),
    ]

    def _to_row(self, kind: str, key: Any) -> None:
        rows = self.query_one(RowList)
        for index, row in enumerate(rows.rows):
            if (row.kind, row.key) == (kind, key):
                rows.move_to(index)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in _OF_SOURCES:
            return super().check_action(action, parameters)
        if not self.is_mounted:
            return False
        if action == "columns":
            return self._source_there() is not None
        if action == "take_columns":
            return self._proposed_row() is not None
        row = next((rows.current for rows in self.query(RowList)), None)
        return row is not None and row.kind == "source"

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
            source = sampled or {"source": text}
            self._add({**source, **known_columns(source["source"])})

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

    # Columns

    def _source_there(self) -> int | None:
        """The source under the cursor, by its place."""
        row = next((rows.current for rows in self.query(RowList)), None)
        return int(row.key) if row is not None and row.kind in ("source", "columns") else None

    def action_take_columns(self) -> None:
        """Take what danlu proposes for the first source that needs it: its columns and roles, the
        name it has on a hub, or the stage its rows are for."""
        proposed = self._proposed_row()
        if proposed is not None:
            self._take(proposed)

    def _proposed_row(self) -> DataRow | None:
        rows = self.query_one(RowList).rows
        return next((row for row in rows if row.kind in PROPOSED), None)

    def _take(self, row: DataRow) -> None:
        """Take what a line proposes."""
        if row.kind == "columns":
            self._take_columns(int(row.key))
        elif row.kind == "name":
            self._take_name(int(row.key))
        else:
            self.draft.change({"method.stage": row.key})
            self.look_now()

    def _take_name(self, index: int) -> None:
        sources = self._sources()
        sources[index] = plain(findings.renamings(self.draft)[index])
        self._change_sources(sources)

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
