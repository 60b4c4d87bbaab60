"""The hubs' access tokens: whether there is one, entering one (never shown), forgetting it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine import words
from engine.hub.reference import HUB_NAMES, HUBS, Hub
from engine.job import Job
from engine.publish.login import TOKEN_PAGES, Account, LoggedIn, account, login, logout
from tui.cells import fit
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.confirm import ConfirmScreen
from tui.screens.job_screen import JobScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.job_bar import JobBar
from tui.widgets.row_list import RowList
from tui.wizard.names import short_path

_NAME = 16  # cells


class AccountsScreen(JobScreen):
    """One line a hub. With ``wanted`` its token is asked for at once; ``then`` is called when one
    was accepted, and the screen closes."""

    title_key = "accounts.title"
    AUTO_FOCUS = "RowList"
    idle_actions = frozenset({"forget"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x,delete", "forget", "keys.token_forget", id="accounts.forget"),
    ]
    DEFAULT_CSS = "AccountsScreen DetailLines { height: 8; }"

    def __init__(self, wanted: Hub | None = None, then: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._wanted: Hub | None = wanted
        self._then = then
        self._users: dict[Hub, str] = {}

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, HUBS, enter="keys.enter_token")
        first = self._wanted or HUBS[0]
        return [JobBar(), rows, DetailLines(self._details(first))]

    def on_mount(self) -> None:
        if self._wanted is not None:
            self.query_one(RowList).move_to(HUBS.index(self._wanted))
            self.call_after_refresh(self._ask, self._wanted)

    def _draw(self, hub: Hub, cells: int, selected: bool) -> Text:
        text = Text().append(f" {sign('next')} " if selected else "   ", ink(self, "ember"))
        text.append(fit(words.t(f"catalogue.{hub}"), _NAME), "bold")
        found = account(hub)
        held = found.kept or found.variable
        mark = sign("yes") if held else sign("dot")
        text.append(f"{mark} ", ink(self, "jade" if held else "ash"))
        return text.append(fit(self._state(found), max(4, cells - _NAME - 6)))

    def _state(self, found: Account) -> str:
        if found.variable:
            return words.t("accounts.by_variable", variable=found.variable)
        if not found.kept:
            return words.t("accounts.none")
        user = self._users.get(found.hub) or found.user
        return words.t("accounts.kept_for", user=user) if user else words.t("accounts.kept")

    def _details(self, hub: Hub) -> list[Detail]:
        found = account(hub)
        place = words.t("accounts.place", path=short_path(found.place))
        details = [
            Detail(words.t("accounts.why"), "foreground", "wrap"),
            Detail(words.t("accounts.page", page=TOKEN_PAGES[hub]), "foreground"),
        ]
        if found.variable:
            goes_first = words.t("cli_login.overridden", variable=found.variable)
            details.append(Detail(goes_first, "gold", "wrap"))
        return [*details, Detail(place, "ash", "cut_start")]

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self.query_one(DetailLines).show(self._details(event.row))
        self.refresh_bindings()

    # Entering and forgetting

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        if self._job is None:
            self._ask(event.row)

    def _ask(self, hub: Hub) -> None:
        question = AskScreen(
            lambda: words.t("accounts.ask", hub=HUB_NAMES[hub]),
            lambda: words.t("accounts.ask_about", page=TOKEN_PAGES[hub]),
            masked=True,
        )
        self.app.push_screen(question, lambda token: self._log_in(hub, token))

    def _log_in(self, hub: Hub, token: str | None) -> None:
        if token:
            self.start_job(lambda job: login(hub, token, job), self._logged_in)

    def _logged_in(self, found: LoggedIn) -> None:
        self._users[found.hub] = found.user
        if self._then is not None:
            self.app.pop_screen()
            self._then()
            return
        self._redraw()

    def action_forget(self) -> None:
        """Let the hub's tool forget the token, if the person says so."""
        hub: Hub = self.query_one(RowList).current or "modelscope"
        name = HUB_NAMES[hub]
        question = ConfirmScreen(
            lambda: words.t("accounts.forget", hub=name), lambda: words.t("accounts.forget_lost")
        )
        self.app.push_screen(question, lambda yes: self._forget(hub, yes))

    def _forget(self, hub: Hub, yes: bool | None) -> None:
        def work(job: Job) -> Hub:
            logout(hub, job)
            return hub

        if yes:
            self.start_job(work, self._forgotten)

    def _forgotten(self, hub: Hub) -> None:
        self._users.pop(hub, None)
        self._redraw()

    def _redraw(self) -> None:
        rows = self.query_one(RowList)
        rows.refresh()
        self.query_one(DetailLines).show(self._details(rows.current or "modelscope"))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "forget":
            rows = self.query(RowList)
            hub = rows.first().current if rows else None
            return self._job is None and hub is not None and account(hub).kept
        return super().check_action(action, parameters)
