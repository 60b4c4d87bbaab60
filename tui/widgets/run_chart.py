"""The loss curves of one run beside the list of runs, from the few points its digest keeps."""

from __future__ import annotations

from pathlib import Path

from engine import words
from engine.runs.digest import Digest, Points
from engine.runs.recovered import fill_in
from engine.runs.scan import FoundRun
from tui.series import Series
from tui.widgets.chart import Chart, Curve
from tui.widgets.line_view import Row


def curves_of(run: FoundRun) -> Digest:
    """Read the curves of ``run``. Call it in a thread."""
    digest = Digest(Path(run.path))
    digest.read()
    digest.loss = fill_in(digest.summary, run.path) or digest.loss
    return digest


class RunChart(Chart, can_focus=False):
    """Training and evaluation loss of the run under the cursor, its name in the title."""

    def __init__(self) -> None:
        super().__init__([], "live.chart.loss")
        self._run_name = ""

    def show_run(self, name: str, digest: Digest) -> None:
        """Show another run's curves."""
        self._run_name = name
        self.curves = [
            Curve("live.chart.train", _series(digest.loss), "ember"),
            Curve("live.chart.eval", _series(digest.eval_loss), "gold", "dashed"),
        ]
        self.best = min(digest.eval_loss, key=lambda point: point[1], default=None)
        self.x_end = digest.summary.steps
        self.redraw()

    def title(self) -> Row:
        scale = [(f" {words.t('live.chart.log')}", "ash")] if self.in_log else []
        return [(self._run_name, "bold"), *scale]


def _series(points: Points) -> Series:
    series = Series()
    for step, value in points:
        series.add(step, value)
    return series
