"""Writing the report of a run: then the page, and where it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.job import Job
from tui.screens.job_screen import JobScreen
from tui.screens.page import PageScreen
from tui.widgets.job_bar import JobBar

if TYPE_CHECKING:
    from pathlib import Path

    from engine.runs.store import Run


class ReportScreen(JobScreen):
    """Gives way to the page once that is written."""

    title_key = "report.page"

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def work(self) -> list[Widget]:
        return [JobBar()]

    def on_mount(self) -> None:
        self.call_after_refresh(self.start_job, self._write, self._show_page)

    def _write(self, job: Job) -> Path:
        """In a thread."""
        from engine.report.facts import facts_of
        from engine.report.write import write_report

        job.report("reading_data")
        return write_report(facts_of(self._run))[0]

    def _show_page(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        page = PageScreen(words.t(self.title_key), self._run.name, text, str(path))
        self.app.switch_screen(page)

    def job_failed(self, error: DanluError) -> None:
        self.app.pop_screen()
        self.fail(error)
