"""Below Review's forecast, where there is room: what the memory is made of, and what happens on the
way to the end."""

from __future__ import annotations

import math

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine import words
from engine.spec.resolve import epochs_of, steps_of
from engine.spec.run_spec import RunSpec
from engine.units import human_count
from tui.memory_word import memory_words
from tui.symbols import sign
from tui.widgets.fact_grid import Fact, FactGrid
from tui.widgets.stacked_bar import StackedBar
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.fields import filled
from tui.wizard.forecast import training_rows
from tui.wizard.memory_lines import item_lines, largest, verdict_said

_ITEMS = 7


class ForecastParts(Vertical):
    """Each part is there once it is known."""

    DEFAULT_CSS = """
    ForecastParts { padding: 0 1; overflow: hidden; }
    ForecastParts #memory_title { margin-top: 1; }
    ForecastParts #way { padding: 0; margin-top: 1; }
    """

    def compose(self) -> ComposeResult:
        yield FactGrid(id="way", columns=1)
        yield Static("", id="memory_title", markup=False)
        yield StackedBar()
        yield Static("", id="memory_items", markup=False)

    def show(self, draft: Draft) -> None:
        """Draw what is known of the draft now."""
        title = Content.styled(words.t("wizard_review.on_the_way"), "$ember bold")
        self.query_one(FactGrid).show(title, on_the_way(draft))
        task = draft.desk.find("estimate")
        found = task.result if task is not None else None
        heading, bar = self.query_one("#memory_title", Static), self.query_one(StackedBar)
        items = self.query_one("#memory_items", Static)
        for widget in (heading, bar, items):
            widget.display = found is not None
        if found is None:
            return
        kept, others = largest(found.items, _ITEMS)
        said = memory_words(bool(draft.machine.gpus), "wizard_review.memory_parts")
        heading.update(Content.styled(said, "$ember bold"))
        parts = [*(item.bytes for item in kept), *([others] if others else [])]
        bar.show(parts, found.free_bytes, verdict_said(found))
        items.update(item_lines(kept, others, max(40, self.size.width - 2)))


def on_the_way(draft: Draft) -> list[Fact]:
    """What is read, how the learning rate goes, when it saves, evaluates and asks."""
    spec, rows = filled(draft), training_rows(draft)
    steps = steps_of(spec, rows) if rows is not None else spec.train.max_steps
    told = {
        "reads": _reads(draft, spec, rows),
        "rate": _rate(spec, steps),
        "saves": _saves(spec),
        "evaluates": _evaluates(spec),
        "asks": _asks(spec),
    }
    return [
        Fact(words.t(f"wizard_review.{key}_lead"), text, wide=True) for key, text in told.items()
    ]


def _reads(draft: Draft, spec: RunSpec, rows: int | None) -> str:
    each = findings.tokens_per_row(draft)
    if each is None or rows is None:
        return words.t("wizard_review.reads_later")
    total = human_count(round(each * rows * epochs_of(spec, rows)))
    return words.t("wizard_review.reads_sum", tokens=total, each=f"{each:.0f}")


def _rate(spec: RunSpec, steps: int | None) -> str:
    train = spec.train
    shape = words.t(f"param_train.lr_scheduler_type.choices.{train.lr_scheduler_type}")
    warm = train.warmup_steps or math.ceil((train.warmup_ratio or 0) * (steps or 0))
    if not warm or train.lr_scheduler_type == "constant":
        return shape
    return words.t("wizard_review.warmed", steps=warm, shape=shape)


def _saves(spec: RunSpec) -> str:
    kept = spec.train.save_total_limit
    keeps = (
        words.t("wizard_review.keeps", count=kept) if kept else words.t("wizard_review.keeps_all")
    )
    return f"{_every(spec.train.save_steps)} {sign('dot')} {keeps}"


def _evaluates(spec: RunSpec) -> str:
    if spec.data.eval or spec.data.eval_fraction:
        return _every(spec.train.eval_steps)
    return words.t("wizard_review.no_eval")


def _asks(spec: RunSpec) -> str:
    if not spec.watch.prompts:
        return words.t("wizard_review.no_prompts")
    return f"{_every(spec.watch.every)} {sign('dot')} {' | '.join(spec.watch.prompts)}"


def _every(steps: int | None) -> str:
    """A tenth of the run where it is yet to be known how many steps that is."""
    return words.t("wizard_review.every", steps=steps) if steps else words.t("wizard_review.tenth")
