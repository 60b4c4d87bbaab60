"""How home draws a run: in columns as the list of runs does, or in words where there is no room for
them or it is at work."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text
from textual.widget import Widget

from engine import words
from engine.units import human_duration
from tui.cells import fit
from tui.ink import ink
from tui.run_line import loss_words, status_text, step_words
from tui.run_tree import RunTree
from tui.run_watch import RunState
from tui.tree_line import Line
from tui.widgets import run_rows


def heading(widget: Widget, lines: Mapping[str, Line], title: str, cells: int) -> Text:
    """The names of the columns behind ``title``."""
    text = run_rows.heading(widget, _tree(lines), cells, title)
    text.stylize("bold", 0, len(title) + 3)
    return text


def in_columns(
    widget: Widget, lines: Mapping[str, Line], line: Line, cells: int, selected: bool
) -> Text:
    """One of ``lines``."""
    return run_rows.draw_line(widget, _tree(lines), line, cells, selected)


def _tree(lines: Mapping[str, Line]) -> RunTree:
    tree = RunTree(sort="")  # no arrow: home is not sorted by a key
    tree.learn(line.head for line in lines.values() if line.head)
    return tree


def in_words(widget: Widget, state: RunState, cells: int) -> Text:
    """Name, status, step, loss, and how long it will take yet."""
    summary, ash = state.summary, ink(widget, "ash")
    text = Text(fit(state.name, min(40, max(18, cells - 54))) + "  ")
    text.append_text(status_text(widget, state.status, 14))
    text.append(words.t("home.step"), ash)
    text.append(f" {fit(step_words(summary.step, summary.steps), 10)}")
    if summary.loss is not None:
        text.append(words.t("home.loss"), ash).append(f" {fit(loss_words(summary.loss), 6)}")
    if state.active and summary.seconds_left is not None:
        text.append(words.t("home.eta"), ash)
        text.append(f" {human_duration(summary.seconds_left)}")
    return text
