"""Logging in to a hub: a token is pasted, checked by the hub, and kept by the hub's own tool."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from engine import words
from engine.hub.reference import HUB_NAMES, Hub
from engine.job import Job
from engine.publish.login import TOKEN_PAGES, LoggedIn, login
from tui.outcome import Outcome, outcome_of
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.widgets.line_input import LineInput
from tui.widgets.prose import Prose


class LoginScreen(OverlayScreen[LoggedIn]):
    """Dismissed with who is logged in, or with None when the person goes back."""

    AUTO_FOCUS = "Input"
    DEFAULT_CSS = """
    LoginScreen .question { text-style: bold; margin-bottom: 1; }
    LoginScreen Input { margin: 1 0 0 0; }
    LoginScreen .said { height: auto; margin-top: 1; }
    LoginScreen .said.-refused { color: $error; }
    """

    class Checked(Message):
        """The hub has answered."""

        def __init__(self, outcome: Outcome[LoggedIn]) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub: Hub = hub
        self._job: Job | None = None

    def work(self) -> list[Widget]:
        hub = HUB_NAMES[self._hub]
        return [
            Static(words.t("publish_screen.login", hub=hub), classes="question", markup=False),
            Prose("", words.t("publish_screen.login_about", hub=hub)),
            Prose("", TOKEN_PAGES[self._hub]),
            LineInput(password=True, placeholder=words.t("publish_screen.token")),
            Static("", classes="said", markup=False),
        ]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        token = event.value.strip()
        if not token or self._job is not None:
            return
        job = self._job = Job()
        self._say(words.t("phase.login_check"))

        def check() -> None:
            self.post_message(
                self.Checked(outcome_of(lambda job: login(self._hub, token, job), job))
            )

        self.run_worker(check, thread=True, exit_on_error=False, group="login")

    def on_login_screen_checked(self, message: Checked) -> None:
        self._job = None
        outcome = message.outcome
        if outcome.result is not None:
            self.dismiss(outcome.result)
        elif outcome.error is not None:
            error = outcome.error
            self._say(f"{sign('no')} {error}", refused=True)

    def _say(self, text: str, *, refused: bool = False) -> None:
        said = self.query_one(".said", Static)
        said.set_class(refused, "-refused")
        said.update(text)

    def on_unmount(self) -> None:
        if self._job is not None:
            self._job.cancel()
