"""The first line of a live run: name, status, step, epoch, time spent and left."""

from __future__ import annotations

from collections.abc import Sequence

from engine import words
from engine.units import human_duration, human_progress
from tui.cells import fit
from tui.cells import width as cell_width
from tui.run_model import Phase, RunModel
from tui.symbols import sign
from tui.widgets.line_view import LineView, Row, clip, row_width, spread
from tui.widgets.meter import meter

STATUS_SIGNS = {
    "preparing": ("now", "ember"),
    "training": ("now", "ember"),
    "paused": ("hollow", "gold"),
    "evaluating": ("now", "ember"),
    "saving": ("now", "ember"),
    "finished": ("yes", "jade"),
    "stopped": ("dot", "gold"),
    "failed": ("no", "cinnabar"),
    "interrupted": ("warn", "gold"),
}


_LEAST_NAME = 8  # cells of a run's name that always stay


class LiveHead(LineView):
    """Draws ``model``; ``reading`` is the part of a long journal read so far, None when all is."""

    DEFAULT_CSS = "LiveHead { dock: top; height: 1; }"

    def __init__(self, name: str, model: RunModel) -> None:
        super().__init__()
        self.run_name = name
        self.model = model
        self.reading: float | None = None
        self.slow_link = False

    def draw(self, width: int, height: int) -> Sequence[Row]:
        model = self.model
        facts: dict[str, Row] = {"status": status_pieces(model.status)}
        if model.phase:
            facts["phase"] = [("  ", "text"), *phase_pieces(model.phase, 12 if width >= 100 else 8)]
        else:
            facts |= self._facts(width)
        said = self._said(width)
        row = self._named(facts, width - row_width(said))
        return [spread(row, said, width)]

    def _named(self, facts: dict[str, Row], room: int) -> Row:
        """The run's name and as many of the facts as ``room`` holds. The name gives way first, down
        to a few letters, then the epoch, then the time spent; the time left always stays."""
        room -= 4  # the spaces around the name, and one before what is said
        for dispensable in ("epoch", "elapsed"):
            if _taken(facts) + _LEAST_NAME > room:
                facts.pop(dispensable, None)
        cells = max(_LEAST_NAME, room - _taken(facts))
        name = self.run_name if cell_width(self.run_name) <= cells else fit(self.run_name, cells)
        return [(f" {name}  ", "bold"), *(piece for fact in facts.values() for piece in fact)]

    def _facts(self, width: int) -> dict[str, Row]:
        model, summary = self.model, self.model.summary
        facts: dict[str, Row] = {}
        if width >= 100 and summary.steps:
            facts["bar"] = [("  ", "text"), *meter(summary.step / summary.steps, 16)]
        if summary.step or summary.steps:
            total = f"/{summary.steps}" if summary.steps else ""
            facts["step"] = _fact("live.head.step", f"{summary.step}{total}")
        epochs = model.plan.get("epochs")
        if summary.epoch:
            share = f"{summary.epoch:.1f}{f'/{epochs:g}' if epochs else ''}"
            facts["epoch"] = _fact("live.head.epoch", share)
        facts["elapsed"] = [(f"  {human_duration(model.elapsed())}", "text")]
        if not model.ended and summary.seconds_left is not None:
            left = words.t("live.head.left", time=human_duration(summary.seconds_left))
            facts["left"] = [(f" {sign('dot')} ", "ash"), (left, "bold")]
        return facts

    def _said(self, width: int) -> Row:
        """The right end: what was asked and not yet heard, else what the screen itself is at."""
        if self.model.asked:
            asked = " ".join(words.t(f"command.{what}") for what in self.model.asked)
            return [(words.t("live.head.asked", what=asked) + " ", "gold bold")]
        if self.reading is not None:
            return [(words.t("live.head.reading", percent=f"{self.reading:.0%}") + " ", "ash")]
        if self.slow_link:
            return [(words.t("live.head.slow_link") + " ", "ash")]
        return [(words.language().upper() + " ", "ash")] if width >= 100 else []


def _taken(facts: dict[str, Row]) -> int:
    return sum(row_width(fact) for fact in facts.values())


def status_pieces(status: str) -> Row:
    """The sign and the word of a status."""
    name, role = STATUS_SIGNS.get(status, ("dot", "text"))
    return [(f"{sign(name)} ", role), (words.t(f"status.{status}"), f"{role} bold")]


def phase_pieces(phase: Phase, cells: int) -> Row:
    """``Loading the model ███····· 1.2 / 3.4 GiB  0:40 left``."""
    row: Row = [(phase_word(phase.name), "text")]
    if phase.fraction is not None:
        row += [("  ", "text"), *meter(phase.fraction, cells)]
    counts = human_progress(phase.done, phase.total, phase.unit)
    if counts:
        row.append((f"  {counts}", "ash"))
    if phase.seconds_left is not None:
        left = words.t("live.head.left", time=human_duration(phase.seconds_left))
        row.append((f"  {left}", "text"))
    return row


def phase_word(name: str) -> str:
    """The phase in words; its name where the catalogue has none."""
    key = f"phase.{name}"
    return words.t(key) if words.has(key) else name


def _fact(key: str, value: str) -> Row:
    return [(f"  {words.t(key)} ", "ash"), (value, "text")]


def preparing_rows(model: RunModel, cells: int, height: int) -> list[Row]:
    """The phases so far, the last one under way: what the chart shows before the first step."""
    going = model.status == "preparing"
    rows: list[Row] = [[]]
    for phase in model.phases:
        done = phase is not model.phases[-1] or not going
        mark: Row = [
            ("   " + (sign("yes") if done else sign("now")) + " ", "jade" if done else "ember")
        ]
        if done:
            rows.append([*mark, (fit(phase_word(phase.name), 26), "ash")])
            counts = human_progress(phase.done, phase.total, phase.unit)
            rows[-1].append((f" {counts}", "ash"))
        else:
            rows.append([*mark, *phase_pieces(phase, 16)])
    if not model.phases or model.status == "training":
        key = "live.chart.first_step" if model.status == "training" else "live.chart.nothing"
        rows.append([(f"   {words.t(key)}", "ash")])
    shown = rows[-height:] if len(rows) > height else rows
    return [clip(row, cells) for row in shown]
