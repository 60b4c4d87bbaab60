"""The first rows of the data as the model will see them, below the Data step's list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.widgets.token_page import TokenPage
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.row_pieces import page_pieces
from tui.wizard.row_reader import RowReader
from tui.wizard.row_told import legend, row_told

if TYPE_CHECKING:
    from engine.data.preview import PreviewRow

_ROWS = 3


class SamplePane(Vertical):
    """As many of the first rows as fit; nothing while there is none that can be read."""

    DEFAULT_CSS = """
    SamplePane { padding: 0 1; overflow: hidden; }
    SamplePane .told { height: 1; margin-top: 1; }
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._reader = RowReader(draft)

    def compose(self) -> ComposeResult:
        yield Static("", classes="legend", markup=False)
        for number in range(_ROWS):
            yield Static("", id=f"told{number}", classes="told", markup=False)
            yield TokenPage(id=f"page{number}")

    def refresh_rows(self) -> None:
        """Ask for the rows as they would be trained now, and draw those that are there."""
        if not findings.can_look_at_rows(self._draft):
            self._show([])
            return
        task = self._reader.first(_ROWS)
        if task.done:
            self._show(task.result or [])

    def _show(self, rows: list[PreviewRow]) -> None:
        report = findings.report(self._draft)
        count = findings.taken_rows(report) if report is not None else None
        pair = any(row.rejected is not None for row in rows)
        said = legend(pair=pair, no_color=self.app.no_color) if rows else ""
        self.query_one(".legend", Static).update(said)
        for number in range(_ROWS):
            row = rows[number] if number < len(rows) else None
            told = self.query_one(f"#told{number}", Static)
            page = self.query_one(f"#page{number}", TokenPage)
            told.display = page.display = row is not None
            if row is not None:
                told.update(row_told(self._draft, row, count))
                page.show(page_pieces(row))
