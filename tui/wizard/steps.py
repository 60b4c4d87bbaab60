"""The five steps, in their order. Their names are word keys below ``wizard.step.``."""

from __future__ import annotations

STEPS = ("model", "data", "memory", "parameters", "review")


def neighbour(step: str, by: int) -> str | None:
    """The step ``by`` places further on; None beyond either end."""
    index = STEPS.index(step) + by
    return STEPS[index] if 0 <= index < len(STEPS) else None
