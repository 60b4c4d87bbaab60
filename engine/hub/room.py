"""Whether a disk has room for what would be fetched, with some to spare."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from engine.hardware import free_disk_bytes
from engine.hub.child_side import Failed
from engine.units import human_bytes

SPARE = 512 * 2**20  # bytes left free on the disk: checkpoints, other programs


class _Kept(Protocol):
    cache: Path


def has_room(need: int, folder: Path) -> bool:
    """Whether ``need`` bytes more fit on the disk of ``folder`` and leave room to spare. What is
    small asks for as much to spare as it takes itself."""
    return need <= 0 or need + min(SPARE, need) <= free_disk_bytes(folder)


def check_room(repo: str, need: int, side: _Kept) -> None:
    """Raise Failed ``hub.disk_full`` when ``need`` bytes more would not fit."""
    if not has_room(need, side.cache):
        raise Failed("hub.disk_full", room_values(repo, need, side))


def room_values(repo: str, need: int, side: _Kept) -> dict[str, Any]:
    """What the words about a disk are filled with."""
    return {
        "repo": repo,
        "need": human_bytes(need),
        "spare": human_bytes(min(SPARE, need)),
        "free": human_bytes(free_disk_bytes(side.cache)),
        "folder": str(side.cache),
    }
