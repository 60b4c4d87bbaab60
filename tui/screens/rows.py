"""The rows one by one, as the model will see them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.job import Job
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.job_bar import JobBar
from tui.widgets.token_page import TokenPage
from tui.wizard import findings
from tui.wizard.desk import Task
from tui.wizard.draft import Draft

if TYPE_CHECKING:
    from engine.data.conversation import Conversation

_MOST = 1000  # rows held for looking through
_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class PlainPiece:
    """A piece of a row for which there is no tokenizer yet."""

    text: str
    trained: bool
    special: bool


class RowsScreen(DanluScreen):
    """Pages through the first rows that would be trained."""

    title_key = "wizard_data.rows_title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,n,space", "turn(1)", "keys.rows_next", id="rows.next"),
        Binding("left,p", "turn(-1)", "keys.rows_previous", id="rows.previous"),
        Binding("home,g", "turn(-100000)", "keys.rows_first", id="rows.first", show=False),
        Binding("end,G", "turn(100000)", "keys.rows_last", id="rows.last", show=False),
        Binding("up,k", "scroll(-1)", "keys.rows_scroll", id="rows.up", show=False),
        Binding("down,j", "scroll(1)", "keys.rows_scroll", id="rows.down"),
    ]
    DEFAULT_CSS = """
    RowsScreen .about { height: auto; padding: 0 1; margin-bottom: 1; }
    RowsScreen VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self._index = int(draft.places.get("row", 0))
        self._seen: Any = None

    def work(self) -> list[Widget]:
        page = VerticalScroll(TokenPage(), can_focus=False)
        return [Static("", classes="about", markup=False), page, JobBar()]

    def on_mount(self) -> None:
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    async def retranslate(self) -> None:
        await super().retranslate()
        self._seen = None
        self._look()

    def _ask_rows(self) -> Task[list[Conversation]]:
        report = findings.report(self.draft)

        def read(job: Job) -> list[Conversation]:
            found = []
            for conversation in islice(report.conversations if report else (), _MOST):
                job.check()
                found.append(conversation)
            return found

        return self.draft.desk.ask("rows", id(report), read)

    def _ask_pieces(self, conversation: Conversation) -> Task[Any] | None:
        tokenizer = findings.tokenizer(self.draft)
        if tokenizer is None:
            return None
        data = self.draft.spec.data

        def look(job: Job) -> Any:
            from engine.data.render import render

            return render(
                tokenizer,
                conversation,
                max_length=data.max_length,
                mask_history=data.mask_history,
                train_on_prompt=data.train_on_prompt,
            )

        return self.draft.desk.ask("rendered", (id(conversation), repr(data)), look)

    def _look(self) -> None:
        state = (self._index, self.draft.desk.state())
        if state == self._seen:
            return
        task = self._ask_rows()
        bar = self.query_one(JobBar)
        bar.show(None if task.done else task.job)
        rows = task.result or []
        if rows:
            self._index = max(0, min(self._index, len(rows) - 1))
            self.draft.places["row"] = self._index
            self._show(rows[self._index], len(rows))
        self._seen = (self._index, self.draft.desk.state())

    def _show(self, row: Conversation, count: int) -> None:
        task = self._ask_pieces(row)
        page = self.query_one(TokenPage)
        place = f"{Path(row.file).name}:{row.line}"
        number = words.t("wizard_data.row_of", number=self._index + 1, count=count)
        if task is None:
            page.show(_plain_pieces(row))  # type: ignore[arg-type]
            self._say(number, words.t("wizard_data.no_tokens"), place, row)
        elif task.error is not None:
            page.show(_plain_pieces(row))  # type: ignore[arg-type]
            self._say(number, f"{task.error.what} {task.error.why}", place, row)
        elif task.result is not None:
            page.show(task.result.pieces)
            told = words.t(
                "wizard_data.row_tokens", tokens=task.result.length, trained=task.result.trained
            )
            if task.result.cut:
                told += f" {sign('dot')} {words.t('wizard_data.row_cut', cut=task.result.cut)}"
            self._say(number, told, place, row)

    def _say(self, number: str, told: str, place: str, row: Conversation) -> None:
        dot = f" {sign('dot')} "
        lines = [Content.assemble((number, "bold"), dot, told, dot, (place, "$ash"))]
        for finding in row.findings:
            lines.append(Content.styled(f"{sign('warn')} {finding.message}", "$gold"))
        if not row.findings:
            clean = f"{sign('yes')} {words.t('wizard_data.no_problems')}"
            lines[0] += Content.assemble(dot, (clean, "$jade"))
        lines.append(self._legend())
        self.query_one(".about", Static).update(Content("\n").join(lines))

    def _legend(self) -> Content:
        trained = "bold underline" if self.app.no_color else "bold $gold"
        masked = "dim" if self.app.no_color else "$ash"
        return Content.assemble(
            (f"{sign('bar')} ", "$gold"),
            (words.t("wizard_data.legend_trained"), trained),
            "   ",
            (words.t("wizard_data.legend_masked"), masked),
        )

    def action_turn(self, by: int) -> None:
        """Another row."""
        self._index = max(0, self._index + by)
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._look()

    def action_scroll(self, by: int) -> None:
        """Move a long row up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def _plain_pieces(row: Conversation) -> list[PlainPiece]:
    pieces = []
    for message in row.messages:
        learnt = message["role"] == "assistant" and message.get("loss") is not False
        pieces.append(PlainPiece(message["role"], False, True))
        pieces.append(PlainPiece("\n", False, False))
        pieces.append(PlainPiece(f"{message.get('content') or ''}\n", learnt, False))
    return pieces
