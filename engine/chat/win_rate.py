"""How often one side wins, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z = 1.959964  # of the normal distribution: 95 % lie within


@dataclass(frozen=True)
class WinRate:
    """``share`` of decided votes won, with the bounds it lies between at 95 % (Wilson's score
    interval, which stays sound with few votes); 0 to 1 where nothing is decided."""

    won: int
    decided: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        return self.won / self.decided if self.decided else None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out one half: one side is better."""
        return self.low > 0.5 or self.high < 0.5

    def document(self) -> dict[str, float | int | None]:
        share = None if self.share is None else round(self.share, 4)
        bounds = {"low": round(self.low, 4), "high": round(self.high, 4)}
        return {"won": self.won, "decided": self.decided, "share": share, **bounds}


def win_rate(won: int, decided: int) -> WinRate:
    """The share of ``won`` in ``decided`` with its 95 % interval."""
    if decided == 0:
        return WinRate(0, 0, 0.0, 1.0)
    share, square = won / decided, _Z * _Z
    centre = share + square / (2 * decided)
    spread = _Z * math.sqrt(share * (1 - share) / decided + square / (4 * decided * decided))
    whole = 1 + square / decided
    return WinRate(
        won, decided, max(0.0, (centre - spread) / whole), min(1.0, (centre + spread) / whole)
    )
