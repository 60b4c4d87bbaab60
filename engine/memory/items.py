"""One line of an estimate, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine import words
from engine.units import human_bytes, human_count

Verdict = Literal["fits", "tight", "does_not_fit"]
_TIGHT = 0.92  # above this share of what is free, a longer row or another program is too much


@dataclass(frozen=True)
class Item:
    """``bytes`` taken by ``name`` (words ``memory.item.<name>``), because of ``why`` (words
    ``memory.why.<why>``, filled from ``values``)."""

    name: str
    bytes: int
    why: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return words.t(f"memory.item.{self.name}")

    @property
    def why_text(self) -> str:
        return words.t(f"memory.why.{self.why}", **readable(self.values))

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "bytes": self.bytes,
            "why": self.why_text,
            "code": self.why,
        }


def readable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Counts and bytes as a person reads them: ``parameters``, ``trained``, ``…_bytes``."""
    shown = dict(values)
    for name, value in values.items():
        if name in ("parameters", "trained"):
            shown[name] = human_count(value)
        elif name.endswith("_bytes"):
            shown[name] = human_bytes(value)
    return shown


def verdict_of(required: int, free: int) -> Verdict:
    """Whether ``required`` bytes go into ``free`` ones."""
    if required > free:
        return "does_not_fit"
    return "tight" if required > _TIGHT * free else "fits"
