"""What kind of model one of the catalogue is, in a word or two."""

from __future__ import annotations

from engine.catalogue import CatalogueModel
from engine.words import t


def model_marks(model: CatalogueModel) -> str:
    """Whether it thinks before it answers, and whether it sees; nothing where neither is known."""
    thinks = {"always": "thinks", "switchable": "may_think"}.get(model.thinking or "")
    marks = [t(f"catalogue.{key}") for key in (thinks, "sees" if model.vision else None) if key]
    return " ".join(marks)
