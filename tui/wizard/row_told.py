"""What is told above a row shown as the model will see it, and the legend of its colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from engine import words
from tui.symbols import sign
from tui.wizard import findings
from tui.wizard.draft import Draft

if TYPE_CHECKING:
    from engine.data.preview import PreviewRow


def row_told(draft: Draft, row: PreviewRow, count: int | None) -> Content:
    """Its number among ``count`` rows, its tokens, where it stands, whether something is wrong."""
    number = words.t("wizard_data.row_number", number=row.number)
    if count is not None:
        number = words.t("wizard_data.row_of", number=row.number, count=count)
    place = f"{Path(row.conversation.file).name}:{row.conversation.line}"
    dot = f" {sign('dot')} "
    told = _unrendered(draft) if row.rendered is None else dot.join(_tokens(row))
    line = Content.assemble((number, "bold"), dot, told, dot, (place, "$ash"))
    if row.findings:
        return line
    clean = f"{sign('yes')}\u00a0{words.t('wizard_data.no_problems')}"
    return line + Content.assemble(dot, (clean, "$jade"))


def _unrendered(draft: Draft) -> str:
    """Why a row stands there without tokens."""
    if findings.warming(draft):
        return words.t("wizard_data.tokens_later")
    away = findings.local_folder(draft) is None
    return words.t("wizard_data.no_tokens" if away else "wizard_data.text_alone")


def _tokens(row: PreviewRow) -> Iterator[str]:
    """The tokens of a row, of a pair those of each side, and how many were cut off."""
    sides = row.sides
    names = ("better", "worse") if len(sides) > 1 else ("",)
    for name, side in zip(names, sides, strict=True):
        lead = f"{words.t(f'wizard_data.{name}')} " if name else ""
        yield lead + words.t("wizard_data.row_tokens", tokens=side.length, trained=side.trained)
        if side.cut:
            yield words.t("wizard_data.row_cut", cut=side.cut)


def legend(*, pair: bool, no_color: bool) -> Content:
    """How that which is learnt looks, and that which is only read."""
    trained = "bold underline" if no_color else "bold $gold"
    masked = "dim" if no_color else "$ash"
    return Content.assemble(
        (f"{sign('bar')} ", "$gold"),
        (words.t(f"wizard_data.legend_{'compared' if pair else 'trained'}"), trained),
        "   ",
        (words.t("wizard_data.legend_masked"), masked),
    )
