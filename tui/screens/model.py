"""Step 1: which model to start from."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.errors import Fix
from engine.hub.reference import reference
from tui.screens.confirm import ConfirmScreen
from tui.screens.error import ErrorScreen
from tui.screens.hub_box import HubChoice, ModelBoxScreen
from tui.widgets.fact_grid import Fact, FactGrid
from tui.widgets.file_bars import FileBars
from tui.widgets.job_bar import JobBar
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import RowList
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.flow import forget_draft, new_draft
from tui.wizard.model_facts import model_facts
from tui.wizard.model_heading import ModelHeading
from tui.wizard.model_row import SORTS, ModelRow, draw_model_row, model_rows
from tui.wizard.names import model_name
from tui.wizard.step_list import StepList
from tui.wizard.step_screen import StepScreen

_HUBS = ("auto", "modelscope", "huggingface")
_ROOMY = 40  # lines of a terminal in which there is room for the catalogue


class ModelScreen(StepScreen):
    """The models on this machine, those of the catalogue once something is typed, and the two ways
    to one that is not in the list."""

    step = "model"
    title_key = "wizard_model.title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fetch", "keys.model_fetch", id="model.fetch"),
        Binding("x", "cancel_fetch", "keys.wizard_cancel", id="model.cancel_fetch"),
        Binding("p", "pause", "keys.model_pause", id="model.pause"),
        Binding("u", "next_hub", "keys.model_next_hub", id="model.next_hub"),
        Binding("slash", "filter", "keys.filter", id="model.filter"),
        Binding("s", "sort", "keys.model_sort", id="model.sort"),
        Binding("n", "anew", "keys.wizard_anew", id="wizard.anew"),
        Binding("h", "hub_id", "keys.model_hub_id", id="model.hub_id", show=False),
        Binding("o", "browse", "keys.model_browse", id="model.browse", show=False),
    ]
    DEFAULT_CSS = """
    ModelScreen .split { height: 1fr; }
    ModelScreen Input { display: none; }
    ModelScreen Input.open { display: block; }
    ModelScreen .list { height: 1fr; }
    ModelScreen .facts { height: 10; padding: 1 0 0 2; }
    ModelScreen .heading { height: 1; }
    ModelScreen .facts FactGrid { height: 1fr; }
    ModelScreen.-wide .split, ModelScreen.-huge .split { layout: horizontal; }
    ModelScreen.-wide .facts, ModelScreen.-huge .facts { width: 50; height: 1fr; padding: 0 0 0 3; }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self._filter = ""
        self._sort = SORTS[0]

    def work(self) -> list[Widget]:
        entry = LineInput(self._filter, placeholder=words.t("wizard.filter"))
        entry.set_class(bool(self._filter), "open")
        heading = ModelHeading(self._sort, classes="heading")
        models = StepList(self._draw, self._rows(), id="models")
        facts = Container(FactGrid(), FileBars(), JobBar(), classes="facts")
        return [
            Container(Container(entry, heading, models, classes="list"), facts, classes="split")
        ]

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self._to_row(self.draft.places.get("model", self.draft.spec.model.source))

    def on_resize(self) -> None:
        super().on_resize()
        self.look_now()

    def refresh_work(self) -> None:
        models = self.query_one(RowList)
        models.show(self._rows(), same=lambda row: (row.source, row.action))
        if "model" not in self.draft.places:
            self._to_row(self.draft.spec.model.source)
        self._show_facts()

    def _to_row(self, source: str) -> None:
        models = self.query_one(RowList)
        for index, row in enumerate(models.rows):
            if row.source == source:
                models.move_to(index)

    # The list

    def _rows(self) -> list[ModelRow]:
        roomy = self.is_mounted and self.size.height >= _ROOMY
        return model_rows(self.draft, self._filter, self._sort, roomy=roomy)

    def _draw(self, row: ModelRow, cells: int, selected: bool) -> Text:
        chosen = row.source == self.draft.spec.model.source
        return draw_model_row(self, row, cells, selected=selected, chosen=chosen)

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self.draft.places["model"] = event.row.source
        self._show_facts()
        self.refresh_bindings()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        row: ModelRow = event.row
        if row.action:
            getattr(self, f"action_{row.action}")()
            return
        self._take(row.source)
        self.action_step(1)

    def _take(self, source: str) -> None:
        if source != self.draft.spec.model.source:
            self.draft.change({"model.source": source})
            self._forget_pin()
        self.draft.places["model"] = source

    def _forget_pin(self) -> None:
        """A revision that was pinned by fetching is one of the model before."""
        for path in ("model.revision", "model.hub"):
            origin = self.draft.spec.origins.get(path)
            if origin is not None and origin.by == "machine":
                self.draft.reset(path)

    # What is known of the model under the cursor

    @property
    def _current(self) -> ModelRow:
        return self.query_one(RowList).current or ModelRow()

    def _show_facts(self) -> None:
        row = self._current
        grid = self.query_one(FactGrid)
        if row.action:
            about = words.t(f"wizard_model.{row.action}_about")
            grid.show("", [Fact("", about, wide=True)])
        else:
            grid.show(model_name(row.source), model_facts(self.draft, row.source))
        self._show_fetch()

    def _show_fetch(self) -> None:
        task = self.draft.desk.find("fetch")
        bar, files = self.query_one(JobBar), self.query_one(FileBars)
        if task is None or task.done:
            bar.show(None)
            files.show(())
            if task is not None and task.error is not None:
                self.draft.desk.forget("fetch")
                self.app.push_screen(ErrorScreen(task.error, self._apply))
            elif task is not None and task.result is not None:
                findings.pin_fetched(self.draft, task.result)
            return
        hint = "cancel_hint"
        if task.job.paused or task.job.pausable:
            hint = "go_on_hint" if task.job.paused else "pause_hint"
        bar.show(task.job, words.t(f"wizard.{hint}"))
        files.show(() if task.job.paused else task.job.progress.parts)

    def _apply(self, fix: Fix) -> None:
        """Take a model by the name a hub knows it by, and fetch it."""
        changes = dict(fix.set or {})
        self._named(str(changes.pop("model.source", self.draft.spec.model.source)))
        self.draft.change(changes)
        self.action_fetch()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        fetching = self.draft.desk.find("fetch")
        running = fetching is not None and not fetching.done
        if action == "anew":
            return bool(self.draft.changed()) or self.draft.recipe is not None
        if action == "cancel_fetch":
            return running
        if action == "pause":
            job = fetching.job if fetching is not None and running else None
            return job is not None and (job.paused or job.pausable)
        if action in ("fetch", "next_hub"):
            row = self._current if self.query(RowList) else ModelRow()
            return bool(row.source) and not row.here and not running
        return super().check_action(action, parameters)

    def action_fetch(self) -> None:
        self._take(self._current.source)
        findings.ask_fetch(self.draft)
        self.look_now()

    def action_cancel_fetch(self) -> None:
        self.draft.desk.forget("fetch")
        self.look_now()

    def action_pause(self) -> None:
        """Hold the download on, or let it go on."""
        task = self.draft.desk.find("fetch")
        if task is not None:
            (task.job.go_on if task.job.paused else task.job.pause)()
            self.look_now()

    def action_sort(self) -> None:
        """Sort otherwise: as listed, by what fits this machine, by size."""
        self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        self.query_one(ModelHeading).show(self._sort)
        self.look_now()

    def action_next_hub(self) -> None:
        """Ask another hub for the model."""
        now = _HUBS.index(self.draft.spec.model.hub)
        self.draft.change({"model.hub": _HUBS[(now + 1) % len(_HUBS)]})
        self.look_now()

    def action_filter(self) -> None:
        entry = self.query_one(Input)
        entry.add_class("open")
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._filter = event.value
        self.look_now()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.input.set_class(bool(event.value), "open")
        self.query_one(RowList).focus()

    def action_back(self) -> None:
        entry = self.query_one(Input)
        if entry.has_class("open"):
            entry.value = ""
            entry.remove_class("open")
            self.query_one(RowList).focus()
            return
        super().action_back()

    def action_anew(self) -> None:
        """Forget all that was chosen and begin again, if the person says so."""
        question = ConfirmScreen(
            lambda: words.t("wizard.anew"), lambda: words.t("wizard.anew_lost")
        )
        self.app.push_screen(question, self._anew)

    def _anew(self, wanted: bool | None) -> None:
        if wanted:
            forget_draft(self.app, self.draft)
            self.app.switch_screen(new_draft(self.app))

    def action_hub_id(self) -> None:
        """Find a model here, in the catalogue and on both hubs at once."""
        self.app.push_screen(ModelBoxScreen(self.draft.machine, self._took, self._filter))

    def _took(self, choice: HubChoice) -> None:
        self._named(choice.source)
        if choice.hub is not None:
            self.draft.change({"model.hub": choice.hub})
        if choice.fetch:
            self.action_fetch()
        self.look_now()

    def action_browse(self) -> None:
        """Look for a model folder on this machine."""
        from tui.screens.browse import BrowseScreen

        about = words.t("wizard_model.browse_about")
        start = Path(self.draft.places.get("model_folder", Path.cwd()))
        self.app.push_screen(BrowseScreen(start, about=about, wanted="model"), self._found)

    def _found(self, folder: Path | None) -> None:
        if folder is not None:
            self.draft.places["model_folder"] = str(folder.parent)
            self._named(str(folder))

    def _named(self, text: str | None) -> None:
        """Take the model a person named: an id, a hub page's address, or a folder."""
        if not text:
            return
        named = None if text.startswith("/") else reference(text)
        source = named.repo if named else text
        if source not in self.draft.typed_models:
            self.draft.typed_models.append(source)
        self._take(source)
        if named and named.hub:
            self.draft.change({"model.hub": named.hub})
        self.look_now()
        self._to_row(source)
