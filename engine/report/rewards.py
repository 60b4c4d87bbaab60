"""How far a run on preferences came to tell the better answers from the worse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.runs.journal import Event
from engine.words import t


@dataclass(frozen=True)
class Rewards:
    """Of pairs ``held`` back from training, else of the last ones trained: the share in the right
    order, and how far both answers are apart (β × log-probability, against before training)."""

    accuracy: float
    margin: float
    held: bool

    @property
    def text(self) -> str:
        """``93% of pairs in the right order, margin 0.42 (held out)``."""
        kind = t(f"report.pairs_{'held' if self.held else 'trained'}")
        share, margin = f"{self.accuracy:.0%}", f"{self.margin:.3g}"
        return t("report.rewards_value", share=share, margin=margin, kind=kind)


def rewards_of(events: Iterable[Event]) -> Rewards | None:
    """The last that were measured; None for other stages."""
    found: Rewards | None = None
    for event in events:
        held = event["kind"] == "eval"
        told = event.get("metrics") if held else event
        accuracy = (told or {}).get("reward_accuracy")
        if told is not None and accuracy is not None and (held or found is None or not found.held):
            found = Rewards(accuracy, told["reward_margin"], held)
    return found
