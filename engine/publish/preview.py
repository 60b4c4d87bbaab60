"""What a push would send, before anything is sent: its files and the text of its model card."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.publish.files import PICTURE, README
from engine.publish.request import PushRequest
from engine.publish.stage import stage


@dataclass(frozen=True)
class Preview:
    """``files`` are (path in the repository, bytes); ``written`` those made for this push."""

    card: str
    kind: str
    license: str | None
    files: tuple[tuple[str, int], ...]
    written: frozenset[str] = frozenset((README, PICTURE))

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.files)


def preview(request: PushRequest) -> Preview:
    """Look at the files and write the card. Raises DanluError ``publish.*``."""
    with tempfile.TemporaryDirectory(prefix="danlu-card-") as room:
        files, origin = stage(request, Path(room))
        card = next(file for file in files if file.path == README).local.read_text("utf-8")
    sizes = tuple((file.path, file.size) for file in files)
    return Preview(card, origin.kind, origin.license, sizes)
