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
from engine.hub.reference import reference
from engine.units import human_bytes, human_count
from tui.cells import fit, right
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.confirm import ConfirmScreen
from tui.symbols import sign
from tui.widgets.fact_grid import Fact, FactGrid
from tui.widgets.job_bar import JobBar
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import RowList
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.flow import forget_draft, new_draft
from tui.wizard.model_facts import model_facts
from tui.wizard.model_heading import MODEL_COLUMNS, ModelHeading
from tui.wizard.model_row import ModelRow, catalogue_rows
from tui.wizard.names import model_name
from tui.wizard.refusals import not_an_id
from tui.wizard.step_list import StepList
from tui.wizard.step_screen import StepScreen

_HUBS = ("auto", "modelscope", "huggingface")


class ModelScreen(StepScreen):
    """The models on this machine, those of the catalogue once something is typed, and the two ways
    to one that is not in the list."""

    step = "model"
    title_key = "wizard_model.title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fetch", "keys.model_fetch", id="model.fetch"),
        Binding("x", "cancel_fetch", "keys.wizard_cancel", id="model.cancel_fetch"),
        Binding("u", "next_hub", "keys.model_next_hub", id="model.next_hub"),
        Binding("slash", "filter", "keys.filter", id="model.filter"),
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

    def work(self) -> list[Widget]:
        entry = LineInput(self._filter, placeholder=words.t("wizard.filter"))
        entry.set_class(bool(self._filter), "open")
        heading = ModelHeading(classes="heading")
        models = StepList(self._draw, self._rows(), id="models")
        facts = Container(FactGrid(), JobBar(), classes="facts")
        return [
            Container(Container(entry, heading, models, classes="list"), facts, classes="split")
        ]

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self._to_row(self.draft.places.get("model", self.draft.spec.model.source))

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
        shelf = findings.ask_shelf(self.draft).result or []
        found = {
            entry.source: ModelRow(
                entry.source, size=entry.bytes, parameters=entry.parameters, here=True
            )
            for entry in reversed(shelf)
        }
        rows = list(reversed(found.values()))
        named = ["embedded", *self.draft.typed_models, self.draft.spec.model.source]
        for source in named:
            if all(row.source != source for row in rows):
                here = findings.local_folder(self.draft, source) is not None
                rows.append(ModelRow(source, here=here))
        rows.sort(key=lambda row: row.source != "embedded")
        wanted = self._filter.lower().split()
        shown = [row for row in rows if all(word in row.source.lower() for word in wanted)]
        shown += catalogue_rows(
            self._filter, self.draft.spec.model.hub, [row.source for row in rows]
        )
        return [*shown, ModelRow(action="hub_id"), ModelRow(action="browse")]

    def _draw(self, row: ModelRow, cells: int, selected: bool) -> Text:
        lead = f"{sign('next')} " if selected else "  "
        line = Text().append(lead, ink(self, "ember", bold=True))
        if row.action:
            key = "h" if row.action == "hub_id" else "o"
            line.append(f"  {fit(words.t(f'wizard_model.{row.action}'), cells - 10)}")
            return line.append(right(key, 4), ink(self, "ember", bold=True))
        chosen = row.source == self.draft.spec.model.source
        line.append(f"{sign('now') if chosen else ' '} ", ink(self, "ember"))
        place = words.t("wizard_model.here" if row.here else "wizard_model.to_fetch")
        numbers = (
            human_count(row.parameters) if row.parameters else "",
            human_bytes(row.size) if row.size else "",
            place,
        )
        line.append(fit(model_name(row.source), cells - 4 - sum(MODEL_COLUMNS)))
        for text, column in zip(numbers, MODEL_COLUMNS, strict=True):
            style = ink(self, "jade" if row.here else "ash") if text == place else ""
            line.append(right(text, column), style)
        return line

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
        self.draft.places["model"] = source

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
        bar = self.query_one(JobBar)
        if task is None or task.done:
            bar.show(None)
            if task is not None and task.error is not None:
                self.draft.desk.forget("fetch")
                self.fail(task.error)
            return
        bar.show(task.job, words.t("wizard.cancel_hint"))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        fetching = self.draft.desk.find("fetch")
        running = fetching is not None and not fetching.done
        if action == "anew":
            return bool(self.draft.changed()) or self.draft.recipe is not None
        if action == "cancel_fetch":
            return running
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
        question = words.t("wizard.anew"), words.t("wizard.anew_lost")
        self.app.push_screen(ConfirmScreen(*question), self._anew)

    def _anew(self, wanted: bool | None) -> None:
        if wanted:
            forget_draft(self.app)
            self.draft.desk.close()
            self.app.switch_screen(new_draft(self.app))

    def action_hub_id(self) -> None:
        """Ask for the id of a model on a hub."""
        question = AskScreen(
            words.t("wizard_model.hub_id"),
            words.t("wizard_model.hub_id_about"),
            placeholder="Qwen/Qwen2.5-0.5B-Instruct",
            refuse=not_an_id,
        )
        self.app.push_screen(question, self._named)

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
