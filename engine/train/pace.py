"""How fast training goes: tokens a second, seconds a step, time left."""

from __future__ import annotations

from collections import deque
from typing import Any

_WINDOW = 30


class Pace:
    """Fed once per optimizer step with the tokens it saw and the seconds it took."""

    def __init__(self) -> None:
        self._steps: deque[tuple[int, float]] = deque(maxlen=_WINDOW)
        self._tokens = 0
        self._aside = 0.0
        self._taken = 0

    def add(self, tokens: int, seconds: float) -> None:
        self._tokens += tokens
        self._taken += 1
        self._steps.append((tokens, seconds))

    def aside(self, seconds: float) -> None:
        """Count what evaluating, saving and asking the watch prompts took after a step."""
        self._aside += seconds

    def fields(self, steps_left: int) -> dict[str, Any]:
        """The pace as fields of a ``step`` event. Time left is told from the mean of recent steps
        and of all that was done between them; the first, slow step is left out as soon as there are
        others."""
        recent = list(self._steps)[1:] if 1 < len(self._steps) < _WINDOW else list(self._steps)
        seconds = sum(entry[1] for entry in recent)
        tokens = sum(entry[0] for entry in recent)
        mean = seconds / len(recent) + self._aside / self._taken if recent else 0.0
        return {
            "tokens": self._tokens,
            "tokens_per_second": round(tokens / seconds, 1) if seconds else None,
            "seconds": round(self._steps[-1][1], 4) if self._steps else None,
            "seconds_left": round(steps_left * mean, 1) if recent else None,
        }
