"""The columns of the list of runs: how a run and a checkpoint are drawn, and their heading."""

from __future__ import annotations

import time

from rich.text import Text
from textual.widget import Widget

from engine import words
from engine.units import human_bytes
from tui.cells import fit, right, width
from tui.ink import ink
from tui.run_line import loss_words, status_text, step_words
from tui.run_tree import Line, RunTree
from tui.run_watch import RunState
from tui.symbols import sign

_STATUS, _STEP, _LOSS, _EVAL, _SIZE = 15, 11, 8, 8, 10


_STARTED, _WIDE = 18, 110  # when it started is shown from so many cells on


def name_cells(cells: int) -> int:
    """What is left for the name beside the other columns."""
    others = _STATUS + _STEP + _LOSS + _EVAL + _SIZE + (_STARTED if cells >= _WIDE else 0)
    return max(14, min(80, cells - 4 - others))


def _started(state: RunState | None, cells: int) -> str:
    if cells < _WIDE:
        return ""
    at = state.summary.started if state else None
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at else ""
    return right(when, _STARTED)


def heading(widget: Widget, cells: int) -> Text:
    """The names of the columns."""
    line = "   " + fit(words.t("runs.name"), name_cells(cells)) + " "
    line += fit(words.t("runs.status"), _STATUS) + fit(words.t("runs.step"), _STEP)
    line += right(words.t("runs.loss"), _LOSS) + right(words.t("runs.eval"), _EVAL)
    line += right(words.t("runs.size"), _SIZE)
    line += right(words.t("runs.started"), _STARTED) if cells >= _WIDE else ""
    return Text(line, ink(widget, "ash"))


def draw_line(widget: Widget, tree: RunTree, line: Line, cells: int, selected: bool) -> Text:
    """One line of the tree."""
    text = Text().append(
        f" {sign('next')} " if selected else "   ", ink(widget, "ember", bold=True)
    )
    drawn = _checkpoint(widget, line, cells) if line.checkpoint else _run(widget, tree, line, cells)
    return text.append_text(drawn)


def _run(widget: Widget, tree: RunTree, line: Line, cells: int) -> Text:
    ash = ink(widget, "ash")
    folded = f" +{line.hidden}" if line.hidden else ""
    column = name_cells(cells) - width(folded)
    text = Text().append(fit(line.run.name, column), "bold").append(folded, ash).append(" ")
    if line.state is None:
        return text.append(words.t("runs.reading"), ash)
    summary = line.state.summary
    text.append_text(status_text(widget, line.state.status, _STATUS))
    text.append(fit(step_words(summary.step, summary.steps) if summary.step else "", _STEP))
    text.append(right(loss_words(summary.loss), _LOSS))
    text.append(right(loss_words(summary.eval_loss), _EVAL))
    size = tree.sizes.get(line.run.name)
    text.append(right(human_bytes(size) if size is not None else "", _SIZE), ash)
    return text.append(_started(line.state, cells), ash)


def _checkpoint(widget: Widget, line: Line, cells: int) -> Text:
    checkpoint, ash = line.checkpoint, ink(widget, "ash")
    if checkpoint is None:
        return Text()
    text = Text().append(f"{sign('last' if line.last else 'branch')} ", ash)
    text.append(fit(checkpoint.path, name_cells(cells) - 2) + " ")
    if checkpoint.best:
        text.append(fit(f"{sign('best')} {words.t('runs.best')}", _STATUS), ink(widget, "gold"))
    elif checkpoint.resumable:
        text.append(fit(f"{sign('dot')} {words.t('runs.resumable')}", _STATUS), ash)
    else:
        text.append(fit(f"{sign('dot')} {words.t('runs.weights_only')}", _STATUS), ash)
    text.append(fit(str(checkpoint.step), _STEP))
    text.append(right(loss_words(checkpoint.loss), _LOSS))
    text.append(right(loss_words(checkpoint.eval_loss), _EVAL))
    return text.append(right(human_bytes(checkpoint.bytes), _SIZE), ash)


class RunColumns(Widget):
    """The heading of the columns."""

    DEFAULT_CSS = "RunColumns { height: 1; }"

    def render(self) -> Text:
        return heading(self, self.size.width)
