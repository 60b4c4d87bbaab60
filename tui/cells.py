"""Text measured in terminal cells: a Han character takes two."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from tui.symbols import sign


def width(text: str) -> int:
    """How many cells ``text`` takes."""
    return cell_len(text)


def fit(text: str, cells: int) -> str:
    """``text`` cut with an ellipsis, or padded with spaces, to exactly ``cells``."""
    if cells <= 0:
        return ""
    if cell_len(text) <= cells:
        return text + " " * (cells - cell_len(text))
    more = sign("more")
    if cells < cell_len(more):
        return set_cell_size(text, cells)
    return set_cell_size(set_cell_size(text, cells - cell_len(more)).rstrip() + more, cells)


def right(text: str, cells: int) -> str:
    """``text`` against the right edge of ``cells``."""
    return " " * max(0, cells - cell_len(text)) + text


def cut_start(text: str, cells: int) -> str:
    """``text``, its start cut where it is longer than ``cells``: paths tell more at their end."""
    if cell_len(text) <= cells:
        return text
    more = sign("more")
    while text and cell_len(text) > cells - cell_len(more):
        text = text[1:]
    return more + text


def fit_middle(text: str, cells: int) -> str:
    """As :func:`fit`, but cut in its middle: names that begin alike are told apart by their
    ends."""
    more = sign("more")
    room = cells - cell_len(more)
    if cell_len(text) <= cells or room < 4:
        return fit(text, cells)
    start = set_cell_size(text, room - room // 2)
    return fit(start.rstrip() + cut_start(text, room // 2 + cell_len(more)), cells)
