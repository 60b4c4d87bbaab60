"""Drawing every word of a screen again, in the language that is now in use."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from textual.screen import Screen

from tui.widgets.row_list import RowList


@runtime_checkable
class Retranslated(Protocol):
    """A screen that draws its words again when the language changes."""

    async def retranslate(self) -> None: ...


async def redraw(screen: Screen[Any]) -> None:
    """Compose ``screen`` anew. What is typed stays, the focus goes to the widget of the same kind
    and place, and the cursor of each list where it was."""
    from textual.widgets import Input  # not before the first paint

    focused, place = type(screen.focused), _place(screen)
    typed = [entry.value for entry in screen.query(Input)]
    cursors = [rows.cursor for rows in screen.query(RowList)]
    await screen.recompose()
    for entry, value in zip(screen.query(Input), typed, strict=False):
        entry.value = value
    for rows, cursor in zip(screen.query(RowList), cursors, strict=False):
        rows.move_to(cursor)
    alike = [widget for widget in screen.query("*") if type(widget) is focused]
    if alike:
        alike[min(place, len(alike) - 1)].focus()


def _place(screen: Screen[Any]) -> int:
    """The number of the focused widget among those of its kind."""
    alike = [each for each in screen.query("*") if type(each) is type(screen.focused)]
    return alike.index(screen.focused) if screen.focused in alike else 0
