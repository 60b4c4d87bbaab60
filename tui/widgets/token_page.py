"""A row token by token: what is learnt from stands apart from what is only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from rich.cells import cell_len
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


class Run(NamedTuple):
    """Text on a line that is drawn alike; ``hit`` where it is what was searched for."""

    text: str
    trained: bool
    hit: bool = False


_GUTTER = 2  # cells left of the text: a bar where a line has trained tokens
_LEFT_OFF = 4000  # characters shown of what was cut off


class TokenPage(Widget):
    """Trained text is bold (and underlined where there is no colour) with a bar at its left,
    masked text is dim; special tokens stand in ‹ ›, line ends as a sign. Behind the cut stands
    what the model does not see."""

    DEFAULT_CSS = "TokenPage { height: auto; color: $foreground; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pieces: Sequence[ShownPiece] = ()
        self._cut, self._left_off, self._needle = "", "", ""
        self._borders = False
        self._made: tuple[int, list[list[Run]]] | None = None

    def show(
        self,
        pieces: Sequence[ShownPiece],
        *,
        cut: str = "",
        left_off: str = "",
        needle: str = "",
        borders: bool = False,
    ) -> None:
        """Show other pieces; ``cut`` says that ``left_off`` was cut off behind them, ``needle`` is
        marked where it stands, ``borders`` sets the tokens apart."""
        self._pieces = pieces
        self._cut, self._left_off, self._needle = cut, left_off, needle
        self._borders = borders
        self._made = None
        self.refresh(layout=True)

    def line_of_hit(self) -> int | None:
        """The line on which what was searched for stands first."""
        if not self._needle:
            return None
        lines = self._folded(max(8, self.size.width - _GUTTER))
        return next((y for y, line in enumerate(lines) if any(run.hit for run in line)), None)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, len(self._lines(width)))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.size.width))

    def _folded(self, cells: int) -> list[list[Run]]:
        if self._made is None or self._made[0] != cells:
            lines = folded(self._pieces, cells, self._needle, borders=self._borders)
            self._made = (cells, lines)
        return self._made[1]

    def _lines(self, cells: int) -> list[Content]:
        plain = self.app.no_color
        trained = "bold underline" if plain else "bold $gold"
        masked = "dim" if plain else "$ash"
        lines = []
        for line in self._folded(max(8, cells - _GUTTER)):
            learnt = any(run.trained for run in line)
            gutter = (f"{sign('bar')} " if learnt else "  ", "$gold")
            parts = [
                (run.text, (trained if run.trained else masked) + (" reverse" if run.hit else ""))
                for run in line
            ]
            lines.append(Content.assemble(gutter, *parts))
        return [*lines, *self._behind_the_cut(cells)]

    def _behind_the_cut(self, cells: int) -> Iterator[Content]:
        """The mark of the cut, and the text behind it."""
        if not self._cut:
            return
        rule = sign("line") * max(0, (cells - cell_len(self._cut) - 2) // 2)
        yield Content.styled(f"{rule} {self._cut} {rule}", "bold $error")
        rest = [_Rest(self._left_off[:_LEFT_OFF])]
        for line in folded(rest, max(8, cells - _GUTTER)):
            text = "".join(run.text for run in line)
            yield Content.assemble((f"{sign('no')} ", "$error"), (text, "dim"))


class _Rest(NamedTuple):
    text: str
    trained: bool = False
    special: bool = False


def folded(
    pieces: Iterable[ShownPiece], cells: int, needle: str = "", *, borders: bool = False
) -> list[list[Run]]:
    """The text of the pieces in lines of at most ``cells``. A line end in the text ends the line; a
    special token stands whole on one line, where a line can hold it."""
    every = list(pieces)
    hits = _hits("".join(piece.text for piece in every), needle)
    lines: list[list[Run]] = [[]]
    used = at = 0
    for piece in every:
        if borders and lines[-1]:
            used = _put(lines, "|" if ascii_only() else "¦", False, False, used, cells)
        if piece.special and piece.text.strip():
            used = _put(lines, shown(piece.text, True), piece.trained, at in hits, used, cells)
            at += len(piece.text)
            continue
        for char in piece.text:
            for part in shown(char, False).splitlines(keepends=True):
                text = part.rstrip("\n")
                used = _put(lines, text, piece.trained, at in hits, used, cells) if text else used
                used = _put(lines, "\n", False, False, used, cells) if text != part else used
            at += 1
    return lines if lines[-1] or len(lines) == 1 else lines[:-1]


def _put(lines: list[list[Run]], text: str, trained: bool, hit: bool, used: int, cells: int) -> int:
    """Add ``text``, which is not broken unless a line cannot hold it; the cells now used."""
    if text == "\n":
        lines.append([])
        return 0
    size = cell_len(text)
    if size > cells and len(text) > 1:
        for char in text:
            used = _put(lines, char, trained, hit, used, cells)
        return used
    if used + size > cells:
        lines.append([])
        used = 0
    line = lines[-1]
    if line and line[-1][1:] == (trained, hit):
        line[-1] = Run(line[-1].text + text, trained, hit)
    else:
        line.append(Run(text, trained, hit))
    return used + size


def _hits(text: str, needle: str) -> set[int]:
    """The places of the characters that were searched for."""
    low, sought = text.lower(), needle.lower()
    if not sought or len(low) != len(text):
        return set()
    hits: set[int] = set()
    at = low.find(sought)
    while at >= 0:
        hits.update(range(at, at + len(sought)))
        at = low.find(sought, at + len(sought))
    return hits


def shown(text: str, special: bool) -> str:
    """``‹im_start›`` for ``<|im_start|>``; other text with its line ends and tabs made visible."""
    if special and text.strip():
        left, right = ("<", ">") if ascii_only() else ("‹", "›")
        return f"{left}{text.strip().strip('<|>')}{right}"
    mark = "\\n" if ascii_only() else sign("enter")
    text = text.replace("\t", "    ").replace("\r", "").replace("\n", f"{mark}\n")
    return "".join(_seen(char) for char in text)


def _seen(char: str) -> str:
    """A sign that cannot be seen by its number."""
    unseen = char in "\u200b\u200e\u200f\u2060\ufeff\x7f" or (char < " " and char != "\n")
    return f"<{ord(char):04X}>" if unseen else char
