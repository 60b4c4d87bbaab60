"""Putting short rows together into long ones: best fit, so that little room is left over.

The longest rows are placed first, each into the pack with the least room that still holds it
(best-fit decreasing). No row is cut and none is split; the order is the same for the same lengths.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence


def packs(lengths: Sequence[int], limit: int) -> list[list[int]]:
    """The rows (by their number) of each pack of at most ``limit`` tokens; a row longer than that
    has a pack to itself. Packs stand in the order of their first rows, rows in their own order."""
    placed: list[list[int]] = []
    room: dict[int, deque[int]] = {}  # room left → packs with so much
    rooms: list[int] = []  # the keys of room, in order
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        length = lengths[row]
        at = bisect_left(rooms, length)
        if at == len(rooms):
            pack, left = len(placed), limit - length
            placed.append([row])
        else:
            there = rooms[at]
            pack, left = room[there].popleft(), there - length
            if not room[there]:
                del room[there], rooms[at]
            placed[pack].append(row)
        if left > 0:
            if left not in room:
                rooms.insert(bisect_left(rooms, left), left)
                room[left] = deque()
            room[left].append(pack)
    return sorted(sorted(pack) for pack in placed)


def packs_needed(lengths: Sequence[int], limit: int) -> int:
    """How many packs :func:`packs` makes."""
    return len(packs(lengths, limit))
