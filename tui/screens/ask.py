"""One question with one line to type the answer in."""

from __future__ import annotations

from collections.abc import Callable

from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.screens.overlay import OverlayScreen, Said, say
from tui.symbols import sign
from tui.widgets.line_input import LineInput
from tui.widgets.prose import Prose


class AskScreen(OverlayScreen[str]):
    """Dismissed with the text, or with None when the person goes back. ``refuse`` says, in words,
    why a text cannot be taken (shown while it is typed), or gives an empty string. A ``masked``
    text is a secret: it is not drawn, and not kept here."""

    AUTO_FOCUS = "Input"
    DEFAULT_CSS = """
    AskScreen .question { text-style: bold; margin-bottom: 1; }
    AskScreen Input { margin: 1 0 0 0; }
    AskScreen .refusal { color: $error; height: auto; margin-top: 1; }
    """

    def __init__(
        self,
        question: Said,
        about: Said = "",
        *,
        value: str = "",
        placeholder: str = "",
        refuse: Callable[[str], str] = lambda text: "",
        suggester: Suggester | None = None,
        masked: bool = False,
    ) -> None:
        super().__init__()
        self._question = question
        self._about = about
        self._value = value
        self._placeholder = placeholder
        self._refuse = refuse
        self._suggester = suggester
        self._masked = masked

    def work(self) -> list[Widget]:
        entry = LineInput(
            self._value,
            placeholder=self._placeholder,
            suggester=self._suggester,
            password=self._masked,
        )
        about = [Prose("", say(self._about))] if self._about else []
        question = Static(say(self._question), classes="question", markup=False)
        return [question, *about, entry, Static("", classes="refusal", markup=False)]

    def on_input_changed(self, event: Input.Changed) -> None:
        self._value = "" if self._masked else event.value
        self._say(self._refuse(event.value.strip()) if event.value.strip() else "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        refusal = self._refuse(text)
        if refusal:
            self._say(refusal)
        else:
            self.dismiss(text)

    def _say(self, refusal: str) -> None:
        self.query_one(".refusal", Static).update(f"{sign('no')} {refusal}" if refusal else "")
