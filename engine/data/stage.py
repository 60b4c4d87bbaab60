"""Which stage of training the rows of a source are for, by what its first rows hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.data.columns import REJECTED, layout_of, named, turns_column
from engine.data.glance import rows_of
from engine.job import Job
from engine.spec.sections import Source


def stage_of(files: Iterable[Path], source: Source, job: Job) -> str:
    """The stage of the first rows that can be read: ``sft`` where they do not say."""
    return stage_of_rows(rows_of(files, job), source.columns, source.tags)


def stage_of_rows(
    rows: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> str:
    """The stage that most of ``rows`` are for."""
    votes = [_vote(row, columns or {}, tags) for row in rows]
    known = [vote for vote in votes if vote]
    # A single row with an answer shows that the others merely lack theirs.
    if "grpo" in known and "sft" in known:
        return "sft"
    return max(known, key=known.count) if known else "sft"


def _vote(
    row: Mapping[str, Any], columns: Mapping[str, str], tags: Mapping[str, str] | None
) -> str | None:
    names = named(row, columns)

    def reads_as(stage: str) -> bool:
        return layout_of(row, "auto", columns, stage, tags=tags) is not None

    if any(name in names for name in REJECTED) and reads_as("dpo"):
        return "dpo"
    if _is_label(names, row) and reads_as("kto"):
        return "kto"
    turns = turns_column(names, row)
    if turns is not None:
        answered = "completion" in names or _has_answer(row[names[turns]])
        return "sft" if answered else "grpo"
    stages = ("sft", "grpo") if "label" in names else ("sft", "grpo", "pt")
    return next((stage for stage in stages if reads_as(stage)), None)


def _is_label(names: Mapping[str, str], row: Mapping[str, Any]) -> bool:
    own = names.get("label")
    if own is None:
        return False
    value = row[own]
    as_text = isinstance(value, str) and value.lower() in ("true", "false")
    return isinstance(value, bool) or as_text or own.lower() == "kto_tag"


def _has_answer(turns: Any) -> bool:
    if not isinstance(turns, list):
        return True  # whatever it is, the check of its rows will say so
    asking = {"user", "human", "system", "developer"}
    return any(
        not isinstance(turn, dict) or turn.get("role", turn.get("from")) not in asking
        for turn in turns
    )
