"""Which model to evaluate."""

from __future__ import annotations

from typing import ClassVar

from tui.screens.evaluate import EvaluateScreen
from tui.screens.picker import PickerScreen


class EvaluatePicker(PickerScreen):
    """Opens the evaluation of what is chosen."""

    title_key = "evaluate_screen.pick"
    enter_key: ClassVar[str] = "keys.run_evaluate"

    def _open(self, target: str) -> None:
        self.app.push_screen(EvaluateScreen(target))
