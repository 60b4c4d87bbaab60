"""A row token by token: what is learnt from stands apart from what is only read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from rich.cells import get_character_cell_size
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.symbols import ascii_only, sign


class ShownPiece(Protocol):
    """A piece of text, whether it is trained, whether it is a special token."""

    @property
    def text(self) -> str: ...
    @property
    def trained(self) -> bool: ...
    @property
    def special(self) -> bool: ...


_GUTTER = 2  # cells left of the text: a bar where a line has trained tokens


class TokenPage(Widget):
    """Trained text is bold (and underlined where there is no colour) with a bar at its left,
    masked text is dim; special tokens stand in ‹ ›, line ends as a sign."""

    DEFAULT_CSS = "TokenPage { height: auto; color: $foreground; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pieces: Sequence[ShownPiece] = ()

    def show(self, pieces: Sequence[ShownPiece]) -> None:
        """Show other pieces."""
        self._pieces = pieces
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._lines(width)))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, cells: int) -> list[Content]:
        plain = self.app.no_color
        trained = "bold underline" if plain else "bold $gold"
        masked = "dim" if plain else "$ash"
        lines = []
        for line in folded(self._pieces, max(8, cells - _GUTTER)):
            learnt = any(is_trained for _, is_trained in line)
            gutter = (f"{sign('bar')} " if learnt else "  ", "$gold")
            parts = [(text, trained if is_trained else masked) for text, is_trained in line]
            lines.append(Content.assemble(gutter, *parts))
        return lines


def folded(pieces: Iterable[ShownPiece], cells: int) -> list[list[tuple[str, bool]]]:
    """The text of the pieces in lines of at most ``cells``: runs of text with whether they are
    trained. A line end in the text ends the line."""
    lines: list[list[tuple[str, bool]]] = [[]]
    used = 0
    for piece in pieces:
        for char in shown(piece.text, piece.special):
            size = 0 if char == "\n" else get_character_cell_size(char)
            if used + size > cells:
                lines.append([])
                used = 0
            if char == "\n":
                lines.append([])
                used = 0
                continue
            _add(lines[-1], char, piece.trained)
            used += size
    return lines if lines[-1] or len(lines) == 1 else lines[:-1]


def _add(line: list[tuple[str, bool]], char: str, trained: bool) -> None:
    if line and line[-1][1] == trained:
        line[-1] = (line[-1][0] + char, trained)
    else:
        line.append((char, trained))


def shown(text: str, special: bool) -> str:
    """``‹im_start›`` for ``<|im_start|>``; other text with its line ends and tabs made visible."""
    if special and text.strip():
        left, right = ("<", ">") if ascii_only() else ("‹", "›")
        return f"{left}{text.strip().strip('<|>')}{right}"
    mark = "\\n" if ascii_only() else sign("enter")
    return text.replace("\t", "    ").replace("\r", "").replace("\n", f"{mark}\n")
