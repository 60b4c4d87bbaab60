"""Rows whose columns are of no format danlu knows, and what they probably are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import words
from engine.data.column_option import show_columns
from engine.data.columns import layout_of
from engine.data.mapping import propose
from engine.data.schema import listed
from engine.errors import DanluError, Fix
from engine.spec.sections import PARAMETERS


def unknown_columns(
    rows: Sequence[Mapping[str, Any]], file: str, line: int, stage: str
) -> DanluError:
    """The error for a file's first ``rows``, which stand from ``line`` on."""
    names = {str(name).lower() for name in rows[0]}
    if stage == "sft" and (names >= {"chosen", "rejected"} or "rejected_response" in names):
        fixes = (Fix("train_pairs", {"method.stage": "dpo"}), Fix("other"))
        return DanluError("data.preference", fixes=fixes, file=file, line=line)
    proposal = propose(rows, stage)
    other = None if proposal else _other_stage(rows[0], stage)
    option = show_columns(proposal.columns, proposal.tags) if proposal else ""
    trained = other in PARAMETERS["method.stage"].choices
    return DanluError(
        "data.unknown_columns",
        fixes=(
            Fix("train_stage", {"method.stage": other})
            if trained
            else Fix("take" if proposal else "stage" if other else "columns"),
        ),
        file=file,
        line=line,
        columns=listed(rows[0]),
        needed=words.t(f"data.needed.{stage}"),
        option=option,
        stage=other or stage,
    )


def _other_stage(row: Mapping[str, Any], stage: str) -> str | None:
    """The stage whose format the row has as it stands."""
    others = (each for each in ("sft", "dpo", "kto", "pt", "grpo") if each != stage)
    return next((each for each in others if layout_of(row, "auto", None, each)), None)
