"""Measuring some real steps before the run, to tell how long it will take."""

from __future__ import annotations

from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.errors import DanluError
from engine.job import Job
from engine.runs.rates import Rate
from engine.spec.run_spec import RunSpec
from tui.screens.job_screen import JobScreen
from tui.widgets.job_bar import JobBar
from tui.widgets.prose import Prose


class ProbeScreen(JobScreen):
    """Goes back by itself when it has measured; escape leaves at once."""

    title_key = "wizard_review.probe"

    def __init__(self, spec: RunSpec) -> None:
        super().__init__()
        self._spec = spec

    def work(self) -> list[Widget]:
        return [Prose("", words.t("wizard_review.probe_about")), Static(""), JobBar()]

    def on_mount(self) -> None:
        self.call_after_refresh(self.start_job, self._measure, self._measured)

    def _measure(self, job: Job) -> Rate:
        from engine.train.probe import probe

        return probe(self._spec, job)

    def _measured(self, rate: Rate) -> None:
        self.app.pop_screen()
        pace = f"{rate.tokens_per_second:.0f}"
        self.app.notify(words.t("wizard_review.probed", pace=pace))

    def job_cancelled(self) -> None:
        self.app.pop_screen()

    def job_failed(self, error: DanluError) -> None:
        self.app.pop_screen()
        self.fail(error)
