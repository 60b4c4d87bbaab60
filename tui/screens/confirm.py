"""A question before something that cannot be undone. The answer is no unless yes is said."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.ink import ink
from tui.screens.overlay import OverlayScreen, Said, say
from tui.symbols import sign
from tui.widgets.prose import Prose


class ConfirmScreen(OverlayScreen[bool]):
    """``question`` names the thing concerned; ``consequence`` says what is lost. Answers with a
    bool: only ``y`` is a yes; enter, ``n`` and escape are a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,n", "answer(False)", "keys.confirm_no", id="confirm.no"),
        Binding("y", "answer(True)", "keys.confirm_yes", id="confirm.yes"),
        Binding("escape", "answer(False)", "keys.confirm_no", id="overlay.close", show=False),
    ]

    def __init__(self, question: Said, consequence: Said) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence

    def work(self) -> list[Widget]:
        ember = ink(self, "ember", bold=True)
        return [
            Prose(f"{sign('warn')} ", say(self._question), lead=ember, style=ember),
            Prose("  ", say(self._consequence)),
        ]

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
