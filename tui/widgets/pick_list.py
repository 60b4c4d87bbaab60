"""A list to choose from, by the arrows or by typing part of what is looked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from engine.runs.ordering import meant
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import Draw, RowList


class PickInput(LineInput):
    """The arrows belong to the list below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "pick_move(-1)", "keys.move", id="pick.up", key_display="↑↓"),
        Binding("down", "pick_move(1)", "keys.move", id="pick.down", show=False),
        Binding("pageup", "pick_page(-1)", "keys.move", id="pick.page_up", show=False),
        Binding("pagedown", "pick_page(1)", "keys.move", id="pick.page_down", show=False),
    ]

    @property
    def _list(self) -> RowList:
        picks = self.parent
        assert isinstance(picks, PickList)
        return picks.rows

    def action_pick_move(self, by: int) -> None:
        self._list.action_move(by)

    def action_pick_page(self, by: int) -> None:
        self._list.action_page(by)


class PickList(Vertical):
    """``searched`` gives, in small letters, what of a row is looked through; None for a heading,
    which is not chosen and is shown while anything below it is; an empty text for what is always
    shown. ``draw`` is told whether the row is the one under the cursor."""

    DEFAULT_CSS = """
    PickList RowList { height: 1fr; margin-top: 1; }
    """

    class Chosen(Message):
        """Enter was pressed on a row."""

        def __init__(self, row: Any) -> None:
            super().__init__()
            self.row = row

    def __init__(
        self,
        draw: Draw,
        searched: Callable[[Any], str | None],
        *,
        enter: str,
        hint: str = "",
        rows: Sequence[Any] = (),
        typed: str = "",
    ) -> None:
        super().__init__()
        self._draw_row, self._searched = draw, searched
        self._enter, self._hint = enter, hint
        self._all = rows
        self.typed = typed

    def compose(self) -> ComposeResult:
        entry = PickInput(self.typed, placeholder=self._hint, select_on_focus=False)
        choose = Binding("enter", "submit", self._enter, id="pick.choose")
        entry._bindings.key_to_bindings["enter"] = [choose]
        yield entry
        rows = RowList(self._draw, self._found(), selectable=self._selectable)
        rows.can_focus = False
        yield rows

    @property
    def rows(self) -> RowList:
        return self.query_one(RowList)

    def show(self, rows: Sequence[Any]) -> None:
        """Choose among other rows; what is typed stays."""
        self._all = rows
        self.rows.show(self._found(), cursor=0)

    def _selectable(self, row: Any) -> bool:
        return self._searched(row) is not None

    def _draw(self, row: Any, cells: int, selected: bool) -> Text:
        return self._draw_row(row, cells, self._selectable(row) and row is self.rows.current)

    def _found(self) -> list[Any]:
        """The rows in which every typed word stands, below their headings."""
        if not self.typed.split():
            return list(self._all)
        wanted = meant(self.typed)
        found: list[Any] = []
        headings: list[Any] = []
        ended = False  # what the headings stand above
        for row in self._all:
            said = self._searched(row)
            if said is None:
                headings = [*([] if ended else headings), row]
            elif not said or wanted(said):
                found += [*headings, row]
                headings = []
            ended = said is not None
        return found

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.typed:
            self.typed = event.value
            self.rows.show(self._found(), cursor=0)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.rows.current is not None and self._selectable(self.rows.current):
            self.post_message(self.Chosen(self.rows.current))

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        event.stop()
