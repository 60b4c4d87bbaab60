"""The columns of the list of models, and their names."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from engine import words
from tui.cells import fit, right
from tui.ink import ink

MODEL_COLUMNS = (9, 11, 13)  # cells of parameters, size, place


class ModelHeading(Static):
    """The names of the list's columns."""

    def render(self) -> Text:
        cells = self.size.width
        name = words.t("wizard_model.heading.model")
        line = Text(fit(f"    {name}", cells - sum(MODEL_COLUMNS)), ink(self, "ash"))
        for key, column in zip(("parameters", "size", "place"), MODEL_COLUMNS, strict=True):
            line.append(right(words.t(f"wizard_model.heading.{key}"), column))
        return line
