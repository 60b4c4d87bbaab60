"""A list of rows that draws only those in sight, so that a thousand cost as much as ten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

Draw = Callable[[Any, int, bool], Text]


class RowList(ScrollView, can_focus=True, inherit_bindings=False):
    """One line a row. ``draw(row, cells, selected)`` makes its text; rows for which ``selectable``
    is false (headings, blank lines) are passed over by the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "keys.move", id="list.up", show=False),
        Binding("down,j", "move(1)", "keys.move", id="list.down", show=False),
        Binding("pageup", "page(-1)", "keys.move", id="list.page_up", show=False),
        Binding("pagedown", "page(1)", "keys.move", id="list.page_down", show=False),
        Binding("home,g", "end(-1)", "keys.move_ends", id="list.first", show=False),
        Binding("end,G", "end(1)", "keys.move_ends", id="list.last", show=False),
        Binding("enter", "choose", "keys.choose", id="list.choose"),
    ]
    DEFAULT_CSS = """
    RowList { height: 1fr; background: $background; color: $foreground;
              overflow-x: hidden; scrollbar-size-vertical: 1;
        scrollbar-color: $ash; scrollbar-background: $background; }
    """

    class Moved(Message):
        """The cursor came to another row."""

        def __init__(self, rows: RowList, row: Any) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> RowList:
            return self.rows

    class Chosen(Moved):
        """Enter was pressed on a row."""

    def __init__(
        self,
        draw: Draw,
        rows: Sequence[Any] = (),
        *,
        selectable: Callable[[Any], bool] = lambda row: True,
        enter: str = "keys.choose",
        id: str | None = None,
    ) -> None:
        """``enter`` is the word key of what Enter does here."""
        super().__init__(id=id)
        choose = Binding("enter", "choose", enter, id="list.choose")
        self._bindings.key_to_bindings["enter"] = [choose]
        self._draw = draw
        self._selectable = selectable
        self.chooses = True  # whether Enter does it now
        self._rows: Sequence[Any] = rows
        self._drawn: dict[int, Strip] = {}
        self.cursor = self._nearest(0)

    def on_mount(self) -> None:
        self._measure()

    def on_resize(self) -> None:
        self._measure()

    @property
    def rows(self) -> Sequence[Any]:
        return self._rows

    @property
    def current(self) -> Any | None:
        """The row under the cursor; None when there is none."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    def show(
        self,
        rows: Sequence[Any],
        same: Callable[[Any], Any] | None = None,
        cursor: int | None = None,
    ) -> None:
        """Show other rows. With ``same`` (row → identity) the cursor stays on the row it was on;
        ``cursor`` says where it is to be."""
        before = self.current
        self._rows = rows
        if cursor is not None:
            self.cursor = cursor
        elif same is not None and before is not None:
            wanted = same(before)
            found = next((i for i, row in enumerate(rows) if same(row) == wanted), None)
            self.cursor = self.cursor if found is None else found
        self.cursor = self._nearest(self.cursor)
        self._measure()
        self._repaint()

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and bring it into sight."""
        index = self._nearest(index)
        changed, self.cursor = index != self.cursor, index
        self._into_sight()
        self._repaint()
        if changed and self.current is not None:
            self.post_message(self.Moved(self, self.current))

    def _measure(self) -> None:
        if not self.is_mounted:
            return
        self.virtual_size = Size(self.size.width, len(self._rows))
        self._into_sight()

    def _into_sight(self) -> None:
        height = self.size.height
        top = round(self.scroll_offset.y)
        if not height:
            return
        # A heading just above the first selectable row comes into sight with it.
        wanted = 0 if self.cursor <= self._nearest(0) else self.cursor
        if wanted < top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)
        elif wanted >= top + height:
            self.scroll_to(y=wanted - height + 1, animate=False, force=True, immediate=True)

    def _nearest(self, index: int, step: int = 1) -> int:
        """The selectable row at ``index``, else the next one along ``step``, else the other way."""
        count = len(self._rows)
        index = max(0, min(index, count - 1))
        for direction in (step, -step):
            at = index
            while 0 <= at < count:
                if self._selectable(self._rows[at]):
                    return at
                at += direction
        return -1

    def action_move(self, step: int) -> None:
        target = self.cursor + step
        found = self._nearest(target, 1 if step > 0 else -1)
        # Against the end of the list the cursor stays where it is.
        if (found - self.cursor) * step > 0:
            self.move_to(found)

    def action_page(self, direction: int) -> None:
        step = direction * max(1, self.size.height - 1)
        self.move_to(self._nearest(self.cursor + step, direction))

    def action_end(self, direction: int) -> None:
        self.move_to(self._nearest(0 if direction < 0 else len(self._rows) - 1, -direction))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "choose" or self.chooses

    def action_choose(self) -> None:
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def _repaint(self) -> None:
        """Send the lines that now read otherwise than they were last drawn, and no others."""
        width = self.size.width
        drawn, height = self._drawn, self.size.height
        changed = [y for y in range(height) if drawn.get(y) != self._line(y)]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        self._drawn[y] = strip = self._line(y)
        return strip

    def _line(self, y: int) -> Strip:
        index = y + round(self.scroll_offset.y)
        width = self.scrollable_content_region.width  # its scrollbar stands beside it
        base = self.rich_style
        if index >= len(self._rows):
            return Strip.blank(width, base)
        selected = index == self.cursor and self.has_focus
        # Rich drops the base style of a Text without spans; as a part of another it becomes one.
        text = Text().append_text(self._draw(self._rows[index], width, selected))
        text.no_wrap, text.overflow = True, "crop"
        strip = Strip(text.render(self.app.console)).adjust_cell_length(width)
        return strip.apply_style(self._selected_style() if selected else base)

    def _selected_style(self) -> Any:
        return self.get_component_rich_style("row--selected")

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--selected"}
    DEFAULT_CSS += """
    RowList > .row--selected { background: $panel; color: $foreground; }
    RowList:nocolor > .row--selected { text-style: reverse; }
    """
