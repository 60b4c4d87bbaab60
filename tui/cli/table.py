"""Tables of plain text whose columns stay straight with Chinese in them."""

from __future__ import annotations

from collections.abc import Sequence

from tui.cells import fit, right, width
from tui.wrap import wrap

_GAP = "  "
_LEAST_NAME = 24  # cells


def table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], cells: int, max_lines: int = 3
) -> list[str]:
    """The lines of a table at most ``cells`` wide: titles, a rule, and each row in as many lines as
    its longest cell needs, at most ``max_lines``; what does not fit ends with an ellipsis."""
    flat = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = _widths([list(titles), *flat], cells)
    lines = [_line(titles, widths), _line(["─" * size for size in widths], widths)]
    for row in flat:
        lines += _row_lines(row, widths, max_lines)
    return lines


def columns(grid: Sequence[Sequence[str]], cells: int, *, numbers: Sequence[int]) -> list[str]:
    """A line of at most ``cells`` for each row of ``grid``, the heading its first. The last columns
    are left out where there is no room for them, then the first gives way. Those at ``numbers`` are
    set against the right."""
    widths = [max(width(cell) for cell in column) for column in zip(*grid, strict=True)]
    while len(widths) > 2 and _LEAST_NAME + sum(widths[1:]) + 2 * len(widths) > cells:
        widths.pop()
    room = cells - sum(widths[1:]) - len(_GAP) * (len(widths) - 1)
    widths[0] = min(widths[0], max(_LEAST_NAME, room))
    lines = []
    for row in grid:
        parts = [
            right(text, size) if column in numbers else fit(text, size)
            for column, (text, size) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append(_GAP.join(parts).rstrip())
    return lines


def _widths(rows: Sequence[Sequence[str]], cells: int) -> list[int]:
    """What each column gets: what it needs where there is room for all, else narrow columns what
    they need and the wide ones an equal share of the rest."""
    needs = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    room = cells - len(_GAP) * (len(needs) - 1)
    widths = list(needs)
    wide = set(range(len(needs)))
    while sum(widths) > room and wide:
        share = max(
            4, (room - sum(needs[i] for i in range(len(needs)) if i not in wide)) // len(wide)
        )
        narrow = {i for i in wide if needs[i] <= share}
        if not narrow:
            for i in wide:
                widths[i] = share
            break
        wide -= narrow
    return widths


def _row_lines(row: Sequence[str], widths: Sequence[int], max_lines: int) -> list[str]:
    wrapped = [_cut(cell, size, max_lines) for cell, size in zip(row, widths, strict=True)]
    height = max(len(lines) for lines in wrapped)
    return [
        _line([lines[n] if n < len(lines) else "" for lines in wrapped], widths)
        for n in range(height)
    ]


def _cut(text: str, size: int, max_lines: int) -> list[str]:
    lines = wrap(text, size)
    if len(lines) > max_lines:
        rest = " ".join(lines[max_lines - 1 :])
        lines = [*lines[: max_lines - 1], fit(rest, size).rstrip()]
    return lines


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(fit(cell, size) for cell, size in zip(cells, widths, strict=True)).rstrip()
