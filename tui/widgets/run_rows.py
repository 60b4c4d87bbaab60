"""The columns of the list of runs: how a run, a checkpoint, an export and an average are drawn, and
their heading."""

from __future__ import annotations

import time
from typing import NamedTuple

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from engine import words
from engine.runs.ordering import SORTS
from engine.runs.scores import Score
from engine.units import human_bytes
from tui.cells import fit, fit_middle, right, width
from tui.ink import ink
from tui.run_line import loss_words, status_text, step_words
from tui.run_tree import Line, RunTree
from tui.symbols import sign
from tui.widgets.spark import spark

_LEAD, _FLAGS, _STATUS, _STEP, _LOSS, _SCORE, _SIZE = 3, 2, 14, 9, 6, 5, 9
_KIND, _STARTED = 8, 18


class Widths(NamedTuple):
    """What each column that varies gets; 0 leaves it out."""

    name: int
    eval: int
    curve: int
    score: int
    kind: int
    started: int


def widths(cells: int, tree: RunTree) -> Widths:
    """The columns in ``cells``: a wider terminal shows a longer curve, the kind of weights, and
    when the run began; on a narrow one a column without any value gives its room to the names."""
    narrow = cells < 100
    eval_loss = 0 if narrow and not tree.evaluated else _LOSS
    score = 0 if narrow and not tree.scored else _SCORE
    curve = 7 if narrow else 13
    kind = _KIND if cells >= 96 else 0
    started = _STARTED if cells >= 116 else 0
    others = _LEAD + _FLAGS + _STATUS + _STEP + _LOSS + _SIZE
    others += eval_loss + curve + score + kind + started
    return Widths(max(14, cells - others), eval_loss, curve, score, kind, started)


def heading(widget: Widget, tree: RunTree, cells: int, first: str = "") -> Text:
    """The names of the columns, ``first`` for that of the names; an arrow beside the one that is
    sorted by."""
    at = widths(cells, tree)
    line = " " * _LEAD + fit(first or _title(tree, "name"), at.name + _FLAGS)
    line += fit(_title(tree, "status"), _STATUS) + fit(_title(tree, "step"), _STEP)
    line += right(_title(tree, "loss", "loss_short"), _LOSS)
    line += right(_title(tree, "eval_loss", "eval"), _LOSS) if at.eval else ""
    line += " " + fit(words.t("runs.curve") if at.curve > 7 else "", at.curve - 1)
    line += right(_title(tree, "score"), _SCORE) if at.score else ""
    line += right(_title(tree, "size"), _SIZE)
    line += fit(f"  {words.t('runs.kind')}", at.kind)
    line += right(_title(tree, "newest", "started"), at.started) if at.started else ""
    return Text(line, ink(widget, "ash"))


def _title(tree: RunTree, sort: str, word: str = "") -> str:
    rising = tree.turned == SORTS[sort]
    arrow = sign("up" if rising else "down") if tree.sort == sort else ""
    return f"{words.t(f'runs.{word or sort}')}{arrow}"


def draw_line(widget: Widget, tree: RunTree, line: Line, cells: int, selected: bool) -> Text:
    """One line of the tree."""
    lead = sign("next") if selected else " "
    marked = sign("marked") if line.identity in tree.marked else " "
    text = Text().append(f"{lead}{marked} ", ink(widget, "ember", bold=True))
    at = widths(cells, tree)
    if line.exported is not None:
        return text.append_text(_export(widget, line, at))
    if line.kept is not None:
        return text.append_text(_checkpoint(widget, line, at))
    if line.is_average:
        return text.append_text(_average(widget, line, at))
    return text.append_text(_run(widget, line, at))


def _run(widget: Widget, line: Line, at: Widths) -> Text:
    head, ash = line.head, ink(widget, "ash")
    folded = f" +{line.hidden}" if line.hidden else ""
    name = fit_middle(line.found.name, at.name - width(folded))
    text = Text().append(name, "bold").append(folded, ash)
    text.append_text(_flags(widget, False, head is not None and head.pinned))
    if head is None:
        return text.append(words.t("runs.reading"), ash)
    text.append_text(status_text(widget, head.status, _STATUS))
    text.append(fit(step_words(head.step, head.steps) if head.step else "", _STEP))
    _losses(text, at, head.loss, head.eval_loss)
    text.append(" " + spark(head.curve, at.curve - 1), ink(widget, "ember"))
    _score(widget, text, at, head.score)
    text.append(_size(head.bytes), ash)
    kind = {True: "lora", False: "full_short", None: ""}[head.adapter]
    text.append(fit(f"  {words.t(f'runs.{kind}')}" if kind else "", at.kind), ash)
    return text.append(_when(head.started, at.started), ash)


def _average(widget: Widget, line: Line, at: Widths) -> Text:
    head, ash = line.head, ink(widget, "ash")
    text = Text().append(fit_middle(line.label, at.name), "bold")
    text.append_text(_flags(widget, False, line.pinned))
    if head is None:
        return text.append(words.t("runs.reading"), ash)
    text.append(fit(f"{sign('dot')} {words.t('status.average')}", _STATUS), ink(widget, "gold"))
    text.append(" " * (_STEP + _LOSS + at.eval + at.curve))
    _score(widget, text, at, head.score)
    text.append(_size(head.bytes), ash)
    text.append(fit(f"  {words.t('runs.lora')}", at.kind), ash)
    return text.append(_when(head.started, at.started), ash)


def _checkpoint(widget: Widget, line: Line, at: Widths) -> Text:
    kept, head, ash = line.kept, line.head, ink(widget, "ash")
    if kept is None:
        return Text()
    checkpoint = kept.checkpoint
    text = Text().append(f"{sign('last' if line.last else 'branch')} ", ash)
    text.append(fit(checkpoint.path, at.name - 2))
    text.append_text(_flags(widget, checkpoint.best, kept.pinned))
    text.append(fit(f"  {_state(line)}", _STATUS), _state_ink(widget, line))
    text.append(fit(str(checkpoint.step), _STEP), ash)
    _losses(text, at, checkpoint.loss, checkpoint.eval_loss)
    last = max(1, head.step if head else checkpoint.step)
    curve = head.curve if head else ()
    text.append(" " + spark(curve, at.curve - 1, checkpoint.step / last), ash)
    _score(widget, text, at, kept.score)
    text.append(_size(checkpoint.bytes), ash)
    kind = {"adapter": "lora", "full": "full_short"}.get(kept.kind, "")
    return text.append(fit(f"  {words.t(f'runs.{kind}')}" if kind else "", at.kind), ash)


def _state(line: Line) -> str:
    """Whether the checkpoint is there and can be resumed, in a word or two."""
    kept = line.kept
    if kept is None or not kept.there:
        return words.t("runs.gone_short")
    return words.t("runs.resumable" if kept.resumable else "runs.weights_only")


def _state_ink(widget: Widget, line: Line) -> Style:
    there = line.kept is not None and line.kept.there
    return ink(widget, "ash" if there else "cinnabar")


def _export(widget: Widget, line: Line, at: Widths) -> Text:
    export, ash = line.exported, ink(widget, "ash")
    if export is None:
        return Text()
    deep = f"{sign('bar')} " if line.depth > 1 else ""
    text = Text().append(f"{deep}{sign('last' if line.last else 'branch')} ", ash)
    kind = " ".join(part for part in (export.format, export.quant) if part)
    room = at.name - 2 - width(deep)
    text.append(fit(words.t("runs.export", kind=kind), room), ink(widget, "gold"))
    text.append_text(_flags(widget, False, export.pinned))
    word, mark, colour = {
        True: ("export_same", "yes", "jade"),
        False: ("export_differs", "no", "cinnabar"),
        None: ("export_unchecked", "dot", "ash"),
    }[export.verified]
    said = f"{sign(mark)} {words.t(f'runs.{word}')}"
    text.append(fit(said, _STATUS), ink(widget, colour))
    rest = _STEP + _LOSS + at.eval + at.curve + at.score
    text.append(" " * rest).append(_size(export.bytes), ash)
    return text


def _flags(widget: Widget, best: bool, pinned: bool) -> Text:
    text = Text().append(sign("best") if best else " ", ink(widget, "gold"))
    return text.append(sign("pin") if pinned else " ", ink(widget, "jade"))


def _losses(text: Text, at: Widths, loss: float | None, eval_loss: float | None) -> None:
    text.append(right(loss_words(loss), _LOSS))
    text.append(right(loss_words(eval_loss), at.eval) if at.eval else "")


def _score(widget: Widget, text: Text, at: Widths, score: Score | None) -> None:
    worse = sign("down") if score is not None and score.worse else ""
    shown = f"{score.share:.0%}{worse}" if score else ""
    good = score is not None and score.share >= 0.9 and not worse
    text.append(right(shown, at.score), ink(widget, "jade" if good else "gold"))


def _size(count: int) -> str:
    return right(human_bytes(count) if count else "", _SIZE)


def _when(at: float | None, cells: int) -> str:
    if not cells:
        return ""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) if at else ""
    return right(when, cells)


class RunColumns(Widget):
    """The heading of the columns."""

    DEFAULT_CSS = "RunColumns { height: 1; }"

    def __init__(self, tree: RunTree) -> None:
        super().__init__()
        self._tree = tree

    def render(self) -> Text:
        return heading(self, self._tree, self.size.width)
