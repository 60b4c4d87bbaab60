"""The panes of the live screen, and which of them a change of the run concerns."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import DanluError
from engine.runs.store import Run
from tui.run_model import RunModel
from tui.series import Series
from tui.widgets.chart import Chart, Curve
from tui.widgets.checkpoint_panel import CheckpointPanel
from tui.widgets.divider import Divider
from tui.widgets.line_view import LineView, Row
from tui.widgets.live_head import preparing_rows
from tui.widgets.log_view import LogView
from tui.widgets.machine_panel import MachinePanel
from tui.widgets.watch_panel import WatchPanel

PANES = ("loss", "machine", "checkpoints", "log", "watch")
"""The panes with a number, in the order of their numbers."""


class LivePanes:
    """Makes every pane over one model."""

    def __init__(self, model: RunModel) -> None:
        self.model = model
        self.loss = Chart(
            [
                Curve("live.chart.train", model.loss, "ember", smooth=True),
                Curve("live.chart.eval", model.eval_loss, "gold", "dashed"),
            ],
            "live.chart.loss",
            "1",
            empty=self._before_the_first_step,
            id="loss",
        )
        self.seam = Divider()
        self.machine = MachinePanel(model, "2", id="machine")
        self.checkpoints = CheckpointPanel(model.summary, "3", id="checkpoints")
        self.log = LogView(model.log, "4", id="log")
        self.watch = WatchPanel(model.samples, "5", id="watch")
        self.learning_rate = _single("learning_rate", model.learning_rate)
        self.grad_norm = _single("grad_norm", model.grad_norm)
        self.speed = _single("speed", model.speed)

    def _before_the_first_step(self, width: int, height: int) -> Sequence[Row]:
        return preparing_rows(self.model, width, height)

    def named(self, name: str) -> Chart | MachinePanel | CheckpointPanel | LogView | WatchPanel:
        """The pane called ``name`` in PANES."""
        return getattr(self, name)

    def curves(self) -> tuple[Chart, ...]:
        """The small charts that open where there is room."""
        return self.learning_rate, self.grad_norm, self.speed

    def all(self) -> tuple[LineView, ...]:
        return (*(self.named(name) for name in PANES), *self.curves())

    def ask_spec(self, run: Run) -> None:
        """Learn from the run's spec whether prompts are watched."""
        try:
            self.watch.prompted = bool(run.spec().watch.prompts)
        except DanluError:
            self.watch.prompted = True  # a broken spec says so where the run is started

    def forget_words(self) -> None:
        """The language changed: what was matched by its words is matched anew."""
        if self.log.needle:
            self.log.forget_matches()

    def show(self, changed: set[str]) -> None:
        """Redraw the panes named in ``changed``."""
        steps = self.model.summary.steps
        for chart in (self.loss, *self.curves()):
            chart.x_end = steps
        self.loss.best = self.model.best
        if "machine" in changed:
            rows = self.machine.rows_wanted()
            if rows != self.seam.branch:
                self.machine.styles.height = self.seam.branch = rows
                self.seam.redraw()
        for name in PANES:
            if name in changed:
                self.named(name).redraw()
        if "curves" in changed:
            for chart in self.curves():
                chart.redraw()


def _single(name: str, series: Series) -> Chart:
    """A small chart of one curve."""
    key = f"live.chart.{name}"
    return Chart([Curve(key, series, "ember")], key, from_zero=True, id=name.replace("_", "-"))
