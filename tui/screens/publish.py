"""Publishing a model on a hub: where to, seen by whom, which card, which files; then the job."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.hub.reference import HUB_NAMES, HUBS, Hub
from engine.job import Job
from engine.publish.login import LoggedIn
from engine.publish.preview import Preview
from engine.publish.request import check_repo_id, known_owner
from engine.publish.token_here import token_here
from engine.units import human_bytes
from tui.cells import fit, right
from tui.ink import ink
from tui.outcome import Outcome, outcome_of
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.screens.page import PageScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.row_list import RowList

_FIELDS = ("hub", "repo", "seen", "card")
_NAME_CELLS = 16


class PublishScreen(DanluScreen):
    """``target`` is a run or checkpoint by name, or the folder of an exported model; ``merged`` the
    folder of an export of it, published in the place of its adapter."""

    title_key = "publish_screen.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "keys.publish_start", id="publish.start"),
        Binding("v", "card", "keys.publish_card", id="publish.card"),
        Binding("t", "login", "keys.publish_login", id="publish.login"),
        Binding("y", "copy", "keys.run_command", id="publish.copy"),
    ]
    DEFAULT_CSS = "PublishScreen DetailLines { height: 7; }"

    class Looked(Message):
        """What would be sent is known, or why nothing can be."""

        def __init__(self, outcome: Outcome[Preview]) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self, target: str, merged: Path | None = None) -> None:
        super().__init__()
        self._target, self._merged = target, merged
        self._hub: Hub = HUBS[0]
        self._repo = ""
        self._public = False
        self._card = words.language()
        self._preview: Preview | None = None

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        rows = RowList(
            self._draw,
            self._rows(),
            selectable=lambda row: row in _FIELDS,
            enter="keys.field_edit",
        )
        return [rows, DetailLines(self._details())]

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show()

    def _show(self) -> None:
        shown = Path(self._target).name if self._target.startswith("/") else self._target
        title = f"{words.t(self.title_key)} {sign('dot')} {shown}"
        self.query_one(HeadLine).show(title, self.head_right())
        self.query_one(RowList).show(self._rows())
        self.query_one(DetailLines).show(self._details())

    def _rows(self) -> list[str | tuple[str, int]]:
        """The fields, then the files with their sizes below a heading."""
        rows: list[str | tuple[str, int]] = ["", *_FIELDS, ""]
        return [*rows, "files", *self._preview.files] if self._preview else [*rows, "looking"]

    def _draw(self, row: str | tuple[str, int], cells: int, selected: bool) -> Text:
        text = Text().append(f" {sign('next')} " if selected else "   ", ink(self, "ember"))
        if isinstance(row, tuple):
            return text.append_text(self._file(row, cells - 3))
        if row not in _FIELDS:
            return text.append(self._heading(row), ink(self, "ash", bold=True))
        text.append(fit(words.t(f"publish_screen.{row}"), _NAME_CELLS), ink(self, "ash"))
        value, colour = self._value(row)
        return text.append(fit(value, cells - _NAME_CELLS - 3), ink(self, colour))

    def _heading(self, row: str) -> str:
        if row != "files" or self._preview is None:
            return words.t("publish_screen.looking") if row else ""
        count, size = len(self._preview.files), human_bytes(self._preview.bytes)
        return words.t("publish_screen.files", count=count, size=size)

    def _file(self, file: tuple[str, int], cells: int) -> Text:
        path, size = file
        made = self._preview is not None and path in self._preview.written
        text = Text(fit(path, min(48, cells - 34))).append(right(human_bytes(size), 12))
        return text.append(f"   {words.t('publish_screen.made')}" if made else "", ink(self, "ash"))

    def _value(self, field: str) -> tuple[str, str]:
        """The words of a field and their colour: gold for what is still to be said or thought
        about."""
        t = words.t
        if field == "hub":
            return HUB_NAMES[self._hub], "foreground"
        if field == "repo":
            return (self._repo, "foreground") if self._repo else (t("publish_screen.unset"), "gold")
        if field == "seen":
            key = "public" if self._public else "private"
            return t(f"publish_screen.{key}"), "gold" if self._public else "foreground"
        return t(f"publish_screen.card_{self._card}"), "foreground"

    def _details(self) -> list[Detail]:
        row = next((rows.current for rows in self.query(RowList)), None)
        about = words.t(f"publish_screen.{row}_about") if row in _FIELDS else ""
        here = "token_here" if token_here(self._hub) else "no_token"
        token = words.t(f"publish_screen.{here}", hub=HUB_NAMES[self._hub])
        return [
            Detail(about, "foreground", "wrap", most=2),
            Detail(token, "ash" if here == "token_here" else "gold", "wrap", most=2),
            Detail(shlex.join(["danlu", *self._command()]), "ash", "wrap", "$ ", 2),
        ]

    # -- looking, in a thread ----------------------------------------------------------------

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)
        self._look()

    def _look(self) -> None:
        """What would be sent, with the card as it is chosen now."""
        owner = self._repo or f"OWNER/{Path(self._target).name}"
        hub, card = self._hub, self._card

        def look(job: Job) -> Preview:
            from engine.chat.target import resolve_target
            from engine.publish.preview import preview
            from engine.publish.request import PushRequest

            target = resolve_target(self._target)
            return preview(PushRequest(target, owner, hub, merged=self._merged, card=card))

        self.run_worker(
            lambda: self.post_message(self.Looked(outcome_of(look, Job()))),
            thread=True,
            exclusive=True,
            exit_on_error=False,
            group="look",
        )

    def on_publish_screen_looked(self, message: Looked) -> None:
        if message.outcome.error is not None:
            self.app.pop_screen()
            self.fail(message.outcome.error)
            return
        self._preview = message.outcome.result
        self._show()

    # -- keys --------------------------------------------------------------------------------

    def on_row_list_moved(self) -> None:
        self.query_one(DetailLines).show(self._details())

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        if message.row == "repo":
            self._ask_repo()
            return
        if message.row == "hub":
            self._hub = HUBS[(HUBS.index(self._hub) + 1) % len(HUBS)]
        elif message.row == "seen":
            self._public = not self._public
        else:
            self._card = "en" if self._card == "zh" else "zh"
        self._show()
        self._look()

    def _ask_repo(self, then_start: bool = False) -> None:
        owner = known_owner(self._hub) or ""
        name = Path(self._target).name
        ask = AskScreen(
            lambda: words.t("publish_screen.ask", hub=HUB_NAMES[self._hub]),
            lambda: words.t("publish_screen.repo_about"),
            value=self._repo or (f"{owner}/{name}" if owner else ""),
            placeholder=f"{owner or 'OWNER'}/{name}",
            refuse=self._refusal,
        )

        def take(text: str | None) -> None:
            if text:
                self._repo = text
                self._show()
                self._look()
                if then_start:
                    self.action_start()

        self.app.push_screen(ask, take)

    def _refusal(self, text: str) -> str:
        try:
            check_repo_id(text, self._hub)
        except DanluError as error:
            return str(error)
        return ""

    def _command(self) -> list[str]:
        command = ["push", self._target, self._repo or "OWNER/NAME", "--hub", self._hub]
        command += ["--card", self._card]
        if self._public:
            command.append("--public")
        if self._merged is not None:
            command += ["--merged", str(self._merged)]
        return command

    def action_start(self) -> None:
        """Publish; what is still missing is asked for first."""
        if not self._repo or self._refusal(self._repo):
            self._ask_repo(then_start=True)
        elif not token_here(self._hub):
            self.action_login(then_start=True)
        else:
            self.danlu.start_job(self._command())

    def action_login(self, then_start: bool = False) -> None:
        from tui.screens.login import LoginScreen

        def logged_in(who: LoggedIn | None) -> None:
            self._show()
            if who is not None and who.overridden:
                said = words.t("cli_login.overridden", variable=who.overridden)
                self.notify(said, severity="warning")
            if who is not None and then_start:
                self.action_start()

        self.app.push_screen(LoginScreen(self._hub), logged_in)

    def action_card(self) -> None:
        if self._preview is not None:
            about = f"README.md {sign('dot')} {self._repo or self._target}"
            title = words.t("publish_screen.card")
            self.app.push_screen(PageScreen(title, about, self._preview.card))

    def action_copy(self) -> None:
        line = shlex.join(["danlu", *self._command()])
        self.app.copy_to_clipboard(line)
        self.notify(line, title=words.t("runs.copied"))
