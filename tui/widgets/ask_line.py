"""A yes-or-no question in the place of the key line. Only ``y`` is a yes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message

from engine import words
from tui.widgets.line_view import LineView, Row


class AskLine(LineView, can_focus=True):
    """Hidden until asked; any other key than ``y`` is a no."""

    DEFAULT_CSS = "AskLine { dock: bottom; height: 1; background: $panel; display: none; }"

    class Answered(Message):
        """The question was answered and is gone."""

    def __init__(self) -> None:
        super().__init__()
        self._question = ""
        self._yes: Callable[[], None] | None = None

    @property
    def asking(self) -> bool:
        return self._yes is not None

    def ask(self, question: str, yes: Callable[[], None]) -> None:
        """Show ``question``; ``yes`` is called when it is answered so."""
        self._question, self._yes = question, yes
        self.display = True
        self.focus()
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Row]:
        row: Row = [
            (f" {self._question}  ", "gold bold"),
            ("y", "bold"),
            (f" {words.t('keys.confirm_yes.label')}  ", "text"),
            ("n", "bold"),
            (f" {words.t('keys.confirm_no.label')}", "text"),
        ]
        return [row]

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        yes, self._yes = self._yes, None
        self.display = False
        self.post_message(self.Answered())
        if yes and event.key in ("y", "Y"):
            yes()
