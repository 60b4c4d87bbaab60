"""What the lengths of the rows say, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.units import human_count
from engine.words import t
from tui.cells import width
from tui.wrap import wrap

if TYPE_CHECKING:
    from engine.data.length_plan import LengthPlan


def length_lines(plan: LengthPlan, cells: int) -> list[str]:
    """The shares cut at each longest length, what an epoch reads, and the length to set."""
    rows = [(t("cli_check.plan_limit"), t("cli_check.plan_cut"), t("cli_check.plan_tokens"))]
    for cut in plan.cuts:
        share = f"{cut.share:.1%} ({cut.rows})" if cut.rows else "–"
        rows.append((str(cut.max_length), share, human_count(cut.tokens)))
        if not cut.rows:
            break
    sizes = [max(width(row[column]) for row in rows) for column in range(3)]
    table = [
        "  "
        + "  ".join(
            " " * (size - width(cell)) + cell for cell, size in zip(row, sizes, strict=True)
        )
        for row in rows
    ]
    values = {"suggested": plan.suggested, "cut": plan.suggested_cut}
    said = [
        t("cli_check.plan_epoch", tokens=human_count(plan.tokens), packed=f"{plan.packed:.1f}"),
        t(f"cli_check.plan_{plan.why}", **values),
    ]
    return [*table, *(f"  {line}" for text in said for line in wrap(text, cells - 2))]
