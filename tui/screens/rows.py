"""The rows one by one, as the model will see them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
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
    from engine.data.finding import Finding
    from engine.data.preview import Preview, PreviewRow

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
        self._reader: Preview | None = None
        self._reader_key = ""
        self._turn = threading.Lock()

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

    def _ask_row(self) -> Task[PreviewRow | None]:
        """The row looked at, read in a thread; one thread at a time, for they share the reader."""
        draft = self.draft
        coder = findings.tokenizer(draft)
        data, seed = draft.spec.data, draft.spec.train.seed
        key = repr((data, seed, coder is not None))
        if key != self._reader_key:
            self._reader_key, self._reader, self._turn = key, None, threading.Lock()
        index, turn = self._index, self._turn

        def look(job: Job) -> PreviewRow | None:
            from engine.data.preview import Preview

            with turn:
                job.check()
                if self._reader is None:
                    self._reader = Preview(data, coder, seed=seed)
                return next(iter(self._reader.page(index, 1)), None)

        return draft.desk.ask("row", (key, index), look)

    def _look(self) -> None:
        state = (self._index, self.draft.desk.state())
        if state == self._seen:
            return
        self._seen = state
        task = self._ask_row()
        self.query_one(JobBar).show(None if task.done else task.job)
        if task.error is not None:
            self._say(f"{task.error.what} {task.error.why}", [])
        elif task.result is not None:
            self._show(task.result)
        self.draft.places["row"] = self._index

    @property
    def _count(self) -> int:
        report = findings.report(self.draft)
        return findings.taken_rows(report) if report is not None else 0

    def _show(self, row: PreviewRow) -> None:
        page = self.query_one(TokenPage)
        if row.rendered is None:
            page.show(_plain_pieces(row.conversation))
            told = words.t("wizard_data.no_tokens")
        else:
            page.show(row.rendered.pieces)
            told = words.t(
                "wizard_data.row_tokens", tokens=row.rendered.length, trained=row.rendered.trained
            )
            if row.rendered.cut:
                told += f" {sign('dot')} {words.t('wizard_data.row_cut', cut=row.rendered.cut)}"
        number = words.t("wizard_data.row_of", number=row.number, count=self._count)
        place = f"{Path(row.conversation.file).name}:{row.conversation.line}"
        dot = f" {sign('dot')} "
        line = Content.assemble((number, "bold"), dot, told, dot, (place, "$ash"))
        if not row.findings:
            clean = f"{sign('yes')} {words.t('wizard_data.no_problems')}"
            line += Content.assemble(dot, (clean, "$jade"))
        self._say(line, row.findings)

    def _say(self, line: Content | str, found: Sequence[Finding]) -> None:
        """What is told above the row: its number and tokens, its findings, the legend."""
        warnings = [
            Content.styled(f"{sign('warn')} {finding.message}", "$gold") for finding in found
        ]
        told = Content("\n").join([line, *warnings, self._legend()])
        self.query_one(".about", Static).update(told)

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
        self._index = max(0, min(self._index + by, self._count - 1))
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
