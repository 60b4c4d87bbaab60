"""The Memory step's words and numbers: the run in a line, the items, the changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.content import Content
from textual.widget import Widget

from engine import words
from engine.units import GIB, human_bytes
from tui.cells import fit, right, width
from tui.ink import ink
from tui.memory_word import memory_words
from tui.symbols import sign
from tui.widgets.stacked_bar import shade
from tui.wizard.draft import Draft
from tui.wizard.names import bare_model_name

if TYPE_CHECKING:
    from engine.hardware import Machine
    from engine.memory.changes import Change
    from engine.memory.estimate import Estimate
    from engine.memory.items import Item

VERDICT_STYLES = {"fits": "$jade bold", "tight": "$gold bold", "does_not_fit": "$cinnabar bold"}
_VERDICT_SIGNS = {"fits": "yes", "tight": "warn", "does_not_fit": "no"}
_SHOWN = GIB / 200  # less reads as 0.00
_NUMBERS = (12, 8, 6)  # cells of memory, speed, key


@dataclass(frozen=True)
class MemoryRow:
    """Going on, or one change that can be applied."""

    change: Change | None = None


def device_words(machine: Machine) -> str:
    """The card's name, or the CPU and its cores."""
    if machine.gpu is not None:
        return machine.gpu.name
    return f"CPU {sign('dot')} {words.t('home.cores', cores=machine.cores)}"


def run_line(draft: Draft) -> str:
    """The run in a line: model, method, number type, tokens × rows of a micro-batch."""
    spec = draft.resolved()
    method = spec.method.tuner
    if method == "lora":
        method = f"LoRA r {spec.method.lora_rank}"
    quantized = "" if spec.model.quantization == "none" else spec.model.quantization
    shape = words.t(
        "wizard_memory.shape",
        length=spec.data.max_length,
        rows=spec.train.per_device_train_batch_size,
    )
    parts = (bare_model_name(spec.model.source), method, quantized or spec.model.dtype, shape)
    return f" {sign('dot')} ".join(part for part in parts if part)


def verdict_said(estimate: Estimate) -> Content:
    """``19.2 of 23.1 GiB free  ✓ FITS``."""
    amount = words.t(
        "wizard_memory.of_free",
        needed=human_bytes(estimate.required_bytes),
        free=human_bytes(estimate.free_bytes),
    )
    said = words.t(f"memory.verdict.{estimate.verdict}").upper()
    mark = sign(_VERDICT_SIGNS[estimate.verdict])
    return Content.assemble(amount, "  ", (f"{mark} {said}", VERDICT_STYLES[estimate.verdict]))


def largest(items: Sequence[Item], count: int) -> tuple[list[Item], int]:
    """The ``count`` largest items in their own order, none that would read as nothing, and the
    bytes of the others together."""
    some = [item for item in items if item.bytes >= _SHOWN]
    kept = sorted(some, key=lambda item: item.bytes, reverse=True)[:count]
    others = sum(item.bytes for item in items) - sum(item.bytes for item in kept)
    return [item for item in items if item in kept], others


def item_lines(items: Sequence[Item], others: int, cells: int) -> Content:
    """One line an item: its shade in the bar, its name, GiB, why."""
    names = [item.label for item in items] + [words.t("wizard_memory.others")]
    column = max(width(name) for name in names) + 2
    lines = []
    for index, item in enumerate(items):
        lines.append(_item_line(index, item.label, item.bytes, item.why_text, column, cells))
    if others >= _SHOWN:
        text = words.t("wizard_memory.others")
        lines.append(_item_line(len(items), text, others, "", column, cells))
    return Content("\n").join(lines)


def _item_line(index: int, name: str, size: int, why: str, column: int, cells: int) -> Content:
    character, colour = shade(index)
    number = right(f"{size / GIB:.2f}", 8)
    room = max(0, cells - column - 8 - 3 - 6)
    return Content.assemble(
        (f"{character} ", colour), fit(name, column), (number, "bold"), (" GiB  ", "$ash"),
        (fit(why, room), "$ash"),
    )  # fmt: skip


def draw_change(widget: Widget, row: MemoryRow, cells: int, selected: bool) -> Text:
    """One change in ``cells``: what it is, what it saves or costs, what it does to the speed."""
    line = Text().append(f"{sign('next')} " if selected else "  ", ink(widget, "ember", bold=True))
    enter = sign("enter")
    if row.change is None:
        line.append(fit(words.t("wizard_memory.go"), cells - 2 - _NUMBERS[2]))
        return line.append(right(enter, _NUMBERS[2] - 1), ink(widget, "ember", bold=True))
    change = row.change
    line.append(fit(change.why_text, cells - 2 - sum(_NUMBERS)))
    saves = change.saves_bytes > 0
    amount = f"{'-' if saves else '+'}{human_bytes(abs(change.saves_bytes))}"
    line.append(right(amount, _NUMBERS[0]), ink(widget, "jade" if saves else "gold"))
    line.append(right(_speed(change), _NUMBERS[1]))
    key = enter if change.fits else f"{sign('no')} {enter}"
    tone = "ember" if change.fits else "cinnabar"
    return line.append(right(key, _NUMBERS[2] - 1), ink(widget, tone, bold=True))


def _speed(change: Change) -> str:
    if change.speed is None:
        return "–"
    percent = round((change.speed - 1) * 100)
    return f"{percent:+d}%" if percent else "±0"


def change_heading(widget: Widget, cells: int, card: bool) -> Text:
    """The names of the columns of the changes, on a machine with a ``card`` or without."""
    line = Text(fit(f"  {words.t('wizard_memory.changes')}", cells - sum(_NUMBERS)))
    line.append(right(memory_words(card, "wizard_memory.memory"), _NUMBERS[0]))
    line.append(right(words.t("wizard_memory.speed"), _NUMBERS[1]))
    line.stylize(ink(widget, "ash"))
    return line
