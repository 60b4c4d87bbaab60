"""The columns of the list of models, and their names."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.widgets import Static

from engine import words
from tui.cells import fit, right
from tui.ink import ink

MODEL_COLUMNS = (9, 11, 13)  # cells of parameters, size, place


class ModelHeading(Static):
    """The names of the list's columns; before them how it is sorted, where that was chosen."""

    def __init__(self, sort: str = "listed", **given: Any) -> None:
        super().__init__(**given)
        self._sort = sort

    def show(self, sort: str) -> None:
        """Say that the list is sorted so."""
        self._sort = sort
        self.refresh()

    def render(self) -> Text:
        cells = self.size.width
        name = words.t("wizard_model.heading.model")
        if self._sort != "listed":
            name = f"{name} · {words.t(f'hub_box.sort_{self._sort}')}"
        line = Text(fit(f"    {name}", cells - sum(MODEL_COLUMNS)), ink(self, "ash"))
        for key, column in zip(("parameters", "size", "place"), MODEL_COLUMNS, strict=True):
            line.append(right(words.t(f"wizard_model.heading.{key}"), column))
        return line
