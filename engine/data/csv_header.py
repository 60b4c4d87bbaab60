"""The names of a table's columns: where they stand, and unlike each other."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.mapping import is_column_name

LOOKED_AT = 5  # records among which the names may stand


def header_at(records: Sequence[Sequence[str]]) -> int:
    """Which record names the columns: the first; or, where that has gaps as the merged cells of a
    title leave them and none of the usual names, the next one that has two of these."""
    first = records[0]
    gaps = len(first) == 1 or not all(cell.strip() for cell in first)
    if not gaps or any(map(is_column_name, first)):
        return 0
    for place, record in enumerate(records):
        if len(record) >= len(first) and sum(map(is_column_name, record)) >= 2:
            return place
    return 0


def named_columns(records: Sequence[Sequence[str]]) -> list[str]:
    """The names in the last of ``records``; a gap takes what stands above it, else the column's
    letter, which tells columns of one name apart as well."""
    names: list[str] = []
    for column in range(len(records[-1])):
        cells = [record[column].strip() for record in records if column < len(record)]
        said = next((cell for cell in reversed(cells) if cell), "")
        name = said or letter(column)
        names.append(name if name not in names else f"{name} ({letter(column)})")
    return names


def letter(column: int) -> str:
    """A column's letter in a spreadsheet: A, B, … Z, AA, …"""
    name = ""
    while column >= 0:
        name = chr(ord("A") + column % 26) + name
        column = column // 26 - 1
    return name
