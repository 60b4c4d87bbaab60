"""Which column of a file is what, and who speaks in its turns: changed with the arrow keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine import words
from engine.data.column_option import show_columns
from engine.data.columns import HIDDEN, Layout, layout_of
from engine.data.mapping import propose
from engine.data.role_names import choices, said_by, turns_in
from engine.data.schema import accepts
from engine.data.tags import TAGS
from engine.spec.sections import Source
from tui.cells import fit
from tui.ink import ink
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList

_OWN = ""  # the column keeps its name
_FIELDS = {
    "sft": ("instruction", "input", "output", "query", "response", "conversations", "messages",
            "history", "system", "tools", "images"),
    "pt": ("text", "messages"),
}  # fmt: skip
_KEYS = ("role_tag", "content_tag")  # the others are roles
_NAME, _FIELD = 18, 20  # cells of a column's name and of what it is

Taken = Callable[[dict[str, str] | None, dict[str, str] | None], None]


@dataclass(frozen=True)
class Column:
    """A column of the file, what it is taken for, and what stands in it; or (``tag``) a part or a
    role of turns, what the file calls it, and what stands there."""

    name: str
    field: str
    sample: str
    tag: bool = False


class ColumnsScreen(DanluScreen):
    """One line a column. Left and right change what it is; Enter takes the mapping."""

    title_key = "columns.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "keys.columns_turn", id="columns.next"),
        Binding("left", "turn(-1)", "keys.columns_turn", id="columns.previous", show=False),
        Binding("p", "propose", "keys.columns_propose", id="columns.propose"),
        Binding("u", "own", "keys.columns_own", id="columns.own"),
    ]
    DEFAULT_CSS = """
    ColumnsScreen Prose { height: auto; margin: 1 0; }
    ColumnsScreen #command { margin: 0; }
    """

    def __init__(
        self, source: Source, rows: Sequence[Mapping[str, Any]], stage: str, taken: Taken
    ) -> None:
        super().__init__()
        self._rows, self._stage, self._taken = rows, stage, taken
        self._columns = dict(source.columns or {})
        self._tags = dict(source.tags or {})
        if not (self._columns or self._tags):
            self._propose()

    def _propose(self) -> None:
        if not any(map(self._reads, self._rows)):
            proposal = propose(self._rows, self._stage)
            if proposal is not None:
                self._columns = {own: to for own, to in proposal.columns.items() if own != to}
                self._tags = dict(proposal.tags or {})

    # What is drawn

    def work(self) -> list[Widget]:
        listed = RowList(self._draw, self._listed(), enter="keys.columns_take", id="columns")
        return [
            Prose("", words.t("columns.about")),
            listed,
            Prose("", self._told(), id="told"),
            Prose("", self._command(), id="command"),
        ]

    def _listed(self) -> list[Column]:
        names = dict.fromkeys(str(name) for row in self._rows for name in row)
        columns = [Column(n, self._columns.get(n, _OWN), self._sample(n)) for n in names]
        return [*columns, *self._tag_lines()]

    def _tag_lines(self) -> list[Column]:
        """A line for each name that turns need, where there are turns."""
        turns = turns_in(self._rows, self._columns)
        said = said_by(turns, self._tags) if turns else {}
        lines = []
        for tag in TAGS if turns else ():
            own = self._tags.get(tag, _OWN)
            words_said = said.get(own, "") if tag not in _KEYS else self._at_key(turns, own)
            lines.append(Column(tag, own, " ".join(words_said[:300].split()), tag=True))
        return lines

    @staticmethod
    def _at_key(turns: Sequence[Mapping[str, Any]], key: str) -> str:
        return next((str(turn[key]) for turn in turns if turn.get(key)), "")

    def _sample(self, name: str) -> str:
        value = next((row[name] for row in self._rows if row.get(name) not in (None, "")), "")
        shown = (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        )
        return " ".join(shown[:300].split())

    def _draw(self, column: Column, cells: int, selected: bool) -> Text:
        line = Text(f"{sign('next')} " if selected else "  ", ink(self, "ember", bold=True))
        name = words.t(f"columns.{column.name}") if column.tag else column.name
        line.append(fit(name, _NAME), ink(self, "foreground", bold=not column.tag))
        tone = "jade" if column.field not in (_OWN, HIDDEN) else "ash"
        line.append(fit(f"{sign('next')} {self._field_name(column)}", _FIELD), ink(self, tone))
        return line.append(fit(column.sample, max(0, cells - _NAME - _FIELD - 2)), ink(self, "ash"))

    def _field_name(self, column: Column) -> str:
        if column.field == _OWN:
            return words.t("columns.usual" if column.tag else "columns.own")
        hidden = column.field == HIDDEN and not column.tag
        return words.t("columns.hidden") if hidden else column.field

    def _told(self) -> str:
        """Which format the rows are of now, and how many of those looked at can be read."""
        layout = self._layout()
        if layout is None:
            return f"{sign('no')} {words.t(f'data.needed.{self._stage}')}"
        good = sum(self._reads(row) for row in self._rows)
        mark = sign("yes" if good == len(self._rows) else "warn")
        told = words.t("columns.read", format=layout.format, good=good, rows=len(self._rows))
        return f"{mark} {told}"

    def _command(self) -> str:
        option = show_columns(self._columns, self._tags)
        return f"--columns {option}" if option else ""

    def _layout(self) -> Layout | None:
        layouts = (self._layout_of(row) for row in self._rows)
        return next((layout for layout in layouts if layout is not None), None)

    def _layout_of(self, row: Mapping[str, Any]) -> Layout | None:
        return layout_of(row, "auto", self._columns, self._stage, tags=self._tags or None)

    def _reads(self, row: Mapping[str, Any]) -> bool:
        layout = self._layout_of(row)
        return layout is not None and accepts(layout.format, self._stage)(layout.row(row))

    def _show(self) -> None:
        self.query_one(RowList).show(self._listed(), same=lambda column: (column.name, column.tag))
        self.query_one("#told", Prose).say(self._told())
        self.query_one("#command", Prose).say(self._command())

    # What keys do

    def action_turn(self, step: int) -> None:
        """Take the column under the cursor for the next field, or the role for the next name."""
        column: Column | None = self.query_one(RowList).current
        if column is None:
            return
        if column.tag:
            given, fields = self._tags, [_OWN, *self._names(column)]
        else:
            fields = [_OWN, *_FIELDS.get(self._stage, _FIELDS["sft"]), HIDDEN]
            given = self._columns
        place = fields.index(column.field) if column.field in fields else 0
        field = fields[(place + step) % len(fields)]
        given.pop(column.name, None)
        if field != _OWN:
            given[column.name] = field
        self._show()

    def _names(self, column: Column) -> list[str]:
        """What the file may call a part or role of its turns: no name stands for two."""
        kinds = [tag for tag in TAGS if (tag in _KEYS) == (column.name in _KEYS)]
        taken = {self._tags.get(tag) for tag in kinds if tag != column.name}
        turns = turns_in(self._rows, self._columns)
        return [own for own in choices(column.name, turns, self._tags) if own not in taken]

    def action_propose(self) -> None:
        """Go back to what danlu proposes."""
        self._columns, self._tags = {}, {}
        self._propose()
        self._show()

    def action_own(self) -> None:
        """Let every column keep its own name."""
        self._columns, self._tags = {}, {}
        self._show()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        self.app.pop_screen()
        self._taken(self._columns or None, self._tags or None)
