"""Step 4: every parameter of the run, each with its help and who chose its value."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine import words
from engine.errors import DanluError, Fix
from engine.spec.parameter import Parameter
from tui.screens.error import ErrorScreen
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import RowList
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.field_lines import VALUE_AT, draw_field, field_help
from tui.wizard.fields import (
    Field,
    fields_of,
    gives_back,
    next_value,
    nudged,
    shown_value,
    typed_error,
    typed_value,
)
from tui.wizard.step_screen import StepScreen


class FieldList(RowList):
    """Left, right and space change the value under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "screen.cycle(1)", "keys.field_cycle", id="field.next"),
        Binding("left", "screen.cycle(-1)", "keys.field_cycle", show=False, id="field.previous"),
    ]


class FieldInput(LineInput):
    """The value being typed, in its place in the list. Escape leaves the value as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.leave_field", "keys.field_leave", id="field.leave"),
    ]


class ParametersScreen(StepScreen):
    """The form. ``expert`` shows every parameter, else only those most runs need."""

    step = "parameters"
    title_key = "wizard_parameters.title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "fix", "keys.field_fix", id="parameters.fix"),
        Binding("5", "go('review')", "keys.wizard_review", id="wizard.go5"),
        Binding("x", "expert", "keys.field_expert", id="parameters.expert"),
        Binding("slash", "filter", "keys.filter", id="parameters.filter"),
        Binding("d,delete,backspace", "reset", "keys.field_reset", id="parameters.reset"),
    ]
    DEFAULT_CSS = """
    ParametersScreen .split { height: 1fr; }
    ParametersScreen .list { height: 1fr; layers: base over; }
    ParametersScreen .about { height: 8; padding: 1 1 0 1; }
    ParametersScreen Input { display: none; }
    ParametersScreen Input.open { display: block; }
    ParametersScreen #field { layer: over; position: absolute; }
    ParametersScreen.-wide .split, ParametersScreen.-huge .split { layout: horizontal; }
    ParametersScreen.-wide .about, ParametersScreen.-huge .about {
        width: 44%; max-width: 72; height: 1fr; padding: 1 1 0 3;
    }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self._wanted = ""
        self._editing: Parameter | None = None

    def work(self) -> list[Widget]:
        looked_for = LineInput(self._wanted, placeholder=words.t("wizard.filter"), id="wanted")
        looked_for.set_class(bool(self._wanted), "open")
        rows = FieldList(
            self._draw,
            self._fields(),
            selectable=lambda row: row.section is None,
            enter="keys.field_edit",
            id="fields",
        )
        about = Container(Static("", id="about", markup=False), classes="about")
        listed = Container(looked_for, rows, FieldInput(id="field"), classes="list")
        return [Container(listed, about, classes="split")]

    def on_mount(self) -> None:
        self._rows.focus()
        self.look_now()
        self._to_path(self.draft.places.get("parameters", ""))

    @property
    def _rows(self) -> FieldList:
        return self.query_one(FieldList)

    @property
    def _expert(self) -> bool:
        return bool(self.draft.places.get("expert"))

    def _fields(self) -> list[Field]:
        return fields_of(self.draft, expert=self._expert, wanted=self._wanted)

    def _draw(self, row: Field, cells: int, selected: bool) -> Text:
        return draw_field(self, row, cells, selected)

    def refresh_work(self) -> None:
        findings.ask_check(self.draft)
        self._rows.show(self._fields(), same=lambda row: (row.section, row.path))
        self._tell()

    def _to_path(self, path: str) -> None:
        for index, row in enumerate(self._rows.rows):
            if row.parameter is not None and row.path == path:
                self._rows.move_to(index)

    @property
    def _field(self) -> Field:
        return self._rows.current or Field()

    def _tell(self, error: DanluError | None = None) -> None:
        """The help of the field under the cursor, or what is wrong with what is typed."""
        pane = self.query_one("#about", Static)
        cells = max(20, pane.size.width or self.size.width - 4)
        pane.update(Content("\n").join(field_help(self._field, cells, error)))

    def on_resize(self) -> None:
        self.call_after_refresh(self._tell)

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self._at(event.row)

    def _at(self, field: Field) -> None:
        self.draft.places["parameters"] = field.path
        self._tell()
        self.refresh_bindings()

    # Changing a value

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        field: Field = event.row
        if field.parameter is None:
            self.action_step(1)
        elif field.cycles:
            self.action_cycle(1)
        else:
            self._edit(field)

    def action_cycle(self, by: int) -> None:
        """The next or previous choice, twice or half the number; other values are typed."""
        field = self._field
        value = next_value(field, by) if field.cycles else nudged(field, by)
        if field.cycles or (field.counts and value is not None):
            self._set(field.path, value)
        else:
            self._edit(field)

    def _set(self, path: str, value: Any) -> None:
        self.draft.change({path: value})
        self.look_now()

    def _edit(self, field: Field) -> None:
        """Type the value in its place in the list."""
        assert field.parameter is not None
        rows, entry = self._rows, self.query_one("#field", FieldInput)
        self._editing = field.parameter
        line = rows.cursor - round(rows.scroll_offset.y)
        top = rows.region.y - self.query_one(".list").region.y
        entry.styles.offset = (VALUE_AT, top + line)
        entry.styles.width = max(10, rows.size.width - VALUE_AT)
        text = shown_value(field.parameter, field.value)
        entry.value = text
        entry.cursor_position = len(text)
        entry.add_class("open")
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "wanted":
            self._wanted = event.value.strip()
            self.look_now()
            if self._wanted:
                self._rows.move_to(0)
                self._at(self._field)
        elif self._editing is not None and event.input.has_focus:
            self._tell(typed_error(self._editing, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "wanted":
            event.input.set_class(bool(self._wanted), "open")
            self._rows.focus()
            return
        if self._editing is None:
            return
        error = typed_error(self._editing, event.value)
        if error is not None:
            self._tell(error)
            return
        if gives_back(self._editing, event.value):
            self.action_leave_field()
            self.action_reset()
            return
        declared, value = self._editing, typed_value(self._editing, event.value)
        self.action_leave_field()
        if value != self._field.value:
            self._set(declared.path, value)

    def action_leave_field(self) -> None:
        """End the editing; what was typed is not taken."""
        self._editing = None
        self.query_one("#field", FieldInput).remove_class("open")
        self._rows.focus()
        self._tell()

    def action_reset(self) -> None:
        """Give the value back to the recipe, the machine or the default."""
        field = self._field
        if field.parameter is not None:
            self.draft.reset(field.path)
            self.look_now()

    # What is shown

    def action_expert(self) -> None:
        """Show every parameter, or only those most runs need."""
        self.draft.places["expert"] = not self._expert
        self.look_now()

    def action_filter(self) -> None:
        entry = self.query_one("#wanted", Input)
        entry.add_class("open")
        entry.focus()

    def action_back(self) -> None:
        entry = self.query_one("#wanted", Input)
        if entry.has_class("open"):
            entry.value = ""
            entry.remove_class("open")
            self._rows.focus()
            return
        super().action_back()

    # Combinations that cannot be trained

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted or not self.query(FieldList):
            return True
        if action == "fix":
            return bool(self.draft.exclusions())
        if action == "cycle":
            return self._field.parameter is not None
        if action == "reset":
            path = self._field.path
            return self._field.parameter is not None and path in self.draft.changed()
        return super().check_action(action, parameters)

    def action_fix(self) -> None:
        """The ways out of the combination at this field, else of the first there is."""
        wrong = self._field.wrong or tuple(self.draft.exclusions())
        if wrong:
            self.app.push_screen(ErrorScreen(wrong[0], on_fix=self._apply))

    def _apply(self, fix: Fix) -> None:
        if fix.set:
            self.draft.change(fix.set)
            self.look_now()
