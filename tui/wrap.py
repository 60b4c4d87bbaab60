"""Text broken into lines by terminal cells, as Chinese and Latin text both want it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size

# A line never starts with one of the first, nor ends with one of the second.
_NOT_FIRST = set("。，、；：？！）」』】》〉”’…—·%％,.;:?!)]}")
_NOT_LAST = set("（「『【《〈“‘([{")


def wrap(text: str, cells: int) -> list[str]:
    """``text`` in lines of at most ``cells``; its own line ends are kept. At least one line."""
    cells = max(2, cells)
    return [line for part in text.split("\n") for line in _wrap_one(part.expandtabs(4), cells)]


def _wrap_one(text: str, cells: int) -> Iterator[str]:
    line, used = "", 0
    for piece in _pieces(text):
        size = cell_len(piece)
        if used + cell_len(piece.rstrip(" ")) > cells and line.strip():
            yield line.rstrip()
            line, used = "", 0
            piece = piece.lstrip(" ")
            size = cell_len(piece)
        while cell_len(piece.rstrip(" ")) > cells:
            head = _take(piece, cells - used)
            yield line + head
            line, used = "", 0
            piece = piece[len(head) :]
            size = cell_len(piece)
        line += piece
        used += size
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """The parts between which a line may end: a word with its spaces, a Han character, each with
    the punctuation that clings to it."""
    piece = ""
    for index, char in enumerate(text):
        if piece and _may_break(text[index - 1], char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _may_break(before: str, after: str) -> bool:
    if before in _NOT_LAST or after in _NOT_FIRST or after == " ":
        return False
    return before == " " or _wide(before) or _wide(after)


def _wide(char: str) -> bool:
    return get_character_cell_size(char) == 2


def _take(text: str, cells: int) -> str:
    """As much of the start of ``text`` as fits, at least one character."""
    used = 0
    for index, char in enumerate(text):
        used += get_character_cell_size(char)
        if used > cells and index:
            return text[:index]
    return text
