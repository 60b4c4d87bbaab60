"""The run's checkpoints as they appear: step, loss, size, the best one."""

from __future__ import annotations

from collections.abc import Sequence

from engine import words
from engine.runs.summary import Checkpoint, RunSummary
from engine.units import human_bytes
from tui.cells import fit, right
from tui.symbols import sign
from tui.widgets.line_view import Row, row_width
from tui.widgets.tail_view import TailView
from tui.widgets.ticks import number
from tui.wrap import wrap


class CheckpointPanel(TailView):
    """Shows the checkpoints of ``summary``: evaluation loss if there is one, else training loss."""

    def __init__(self, summary: RunSummary, number: str = "", *, id: str | None = None) -> None:
        super().__init__(number, id=id)
        self.summary = summary

    def title(self) -> Row:
        return [(words.t("live.checkpoints.title"), "bold")]

    def numbers(self) -> Sequence[int]:
        return range(len(self.summary.checkpoints))

    def entry_rows(self, number: int, width: int) -> list[Row]:
        return [checkpoint_row(self.summary.checkpoints[number], width)]

    def nothing(self, width: int) -> list[Row]:
        said = wrap(words.t("live.checkpoints.nothing"), width - 2)
        return [[(f" {line}", "ash")] for line in said]


def checkpoint_row(checkpoint: Checkpoint, width: int) -> Row:
    """`` 80  0.612 ★ best   9.4 MiB``."""
    loss = checkpoint.eval_loss if checkpoint.eval_loss is not None else checkpoint.loss
    row: Row = [
        (f" {right(str(checkpoint.step), 5)}", "text"),
        (f"  {fit(number(loss), 7)}", "gold bold" if checkpoint.best else "text"),
    ]
    mark = f"{sign('best')} {words.t('live.checkpoints.best')}" if checkpoint.best else ""
    size = human_bytes(checkpoint.bytes) if checkpoint.bytes else ""
    room = width - row_width(row) - 1
    if len(size) + 9 > room:  # a narrow panel has room for the mark or the size
        return [*row, (fit(mark or size, room), "gold" if mark else "ash")]
    return [*row, (fit(mark, room - len(size)), "gold"), (size, "ash")]
