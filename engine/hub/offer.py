"""What one place has under one name: the line of an answer to a search."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.hub.reference import Hub


@dataclass(frozen=True)
class Offer:
    """A repository on a hub, or a copy on this machine (then ``folder``, and ``hub`` says whose
    cache, None for danlu's own).

    ``bytes`` are those of the files that would be fetched, ``held`` those of them that are here
    already. ``problem`` is the code of the error that taking it would end in. What is None is not
    known, or not known yet (``looked`` says which).
    """

    repo: str
    hub: Hub | None = None
    folder: Path | None = None
    bytes: int | None = None
    held: int = 0
    files: int | None = None
    revision: str | None = None
    parameters: int | None = None
    license: str | None = None
    gated: bool | None = None
    downloads: int | None = None
    problem: str | None = None
    looked: bool = False

    @property
    def to_fetch(self) -> int | None:
        """Bytes that would really come over the line; None while that is not known."""
        if self.folder is not None:
            return 0
        return None if self.bytes is None else max(0, self.bytes - self.held)

    def document(self) -> dict[str, Any]:
        """The JSON form; what is not known is left out."""
        values = {**asdict(self), "to_fetch": self.to_fetch}
        values["folder"] = str(self.folder) if self.folder else None
        del values["looked"]
        return {name: value for name, value in values.items() if value is not None}
