"""Parts of a whole against a limit, as one bar: each part its own colour and its own shading."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from tui.symbols import ascii_only, sign

_SHADES = "█▓▒░"
_ASCII_SHADES = "#=+-"
_COLOURS = ("$ember", "$gold", "$jade", "$ash")


def shade(index: int) -> tuple[str, str]:
    """The sign and the colour of part ``index``. Both change from part to part."""
    signs = _ASCII_SHADES if ascii_only() else _SHADES
    return signs[index % len(signs)], _COLOURS[index % len(_COLOURS)]


class StackedBar(Widget):
    """``parts`` side by side, then what is free up to ``limit``; past it the bar goes on in red."""

    DEFAULT_CSS = "StackedBar { height: 1; color: $foreground; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: Sequence[int] = ()
        self._limit = 0
        self._said = Content("")

    def show(self, parts: Sequence[int], limit: int, said: Content) -> None:
        """Draw other parts; ``said`` stands behind the bar."""
        self._parts, self._limit, self._said = parts, limit, said
        self.refresh()

    def render(self) -> Content:
        room = self.size.width - self._said.cell_length - 2
        if not self._parts or room < 8:
            return self._said
        return Content.assemble(bar(self._parts, self._limit, room), "  ", self._said)


def bar(parts: Sequence[int], limit: int, cells: int) -> Content:
    """The bar in ``cells``, the limit's sign among them."""
    total = max(1, sum(parts), limit)
    room = cells - 1
    edge = round(room * limit / total)
    pieces: list[tuple[str, str]] = []
    at = 0
    reached = 0
    for index, part in enumerate(parts):
        reached += part
        end = round(room * reached / total)
        character, colour = shade(index)
        pieces += _split(character, colour, at, end, edge)
        at = end
    if at <= edge:
        pieces.append((sign("empty") * (edge - at), "$ash"))
        pieces.append((sign("bar"), "$foreground bold"))
    return Content.assemble(*pieces)


def _split(character: str, colour: str, start: int, end: int, edge: int) -> list[tuple[str, str]]:
    """One part, with the limit's sign in it where it crosses the limit."""
    if end <= edge:
        return [(character * (end - start), colour)]
    before = [(character * (edge - start), colour), (sign("bar"), "$foreground bold")]
    past = [(character * (end - max(start, edge)), "$cinnabar")]
    return [*before, *past] if start <= edge else past
