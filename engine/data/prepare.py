"""From a spec's data to the rows of training: read, checked, sampled, split, rendered.

Imports datasets and pyarrow when called.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.data.conversation import Conversation
from engine.data.encode import Encoder
from engine.data.files import fingerprint, locate
from engine.data.refuse import refuse_too_many_dropped
from engine.data.report import Report, SourceReport
from engine.data.split import split_of
from engine.data.survey import Wording, taken
from engine.data.tables import TokenTable
from engine.data.template import ensure_chat_template
from engine.errors import DanluError
from engine.job import Job
from engine.spec.run_spec import RunSpec
from engine.spec.sections import Source

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

_EVERY = 64


@dataclass
class Prepared:
    """What training takes: rows of ``input_ids`` and ``labels``, the conversations they come from
    in the same order, the report of the check, and the sha256 of each source's files."""

    train: Dataset
    eval: Dataset | None
    report: Report
    train_conversations: list[Conversation]
    eval_conversations: list[Conversation]
    fingerprints: dict[str, str] = field(default_factory=dict)


@dataclass
class _Part:
    """The conversations of one source, with its counts."""

    report: SourceReport
    conversations: list[Conversation]


def prepare(spec: RunSpec, tokenizer: PreTrainedTokenizerBase, job: Job) -> Prepared:
    """The rows of ``spec``, ready to train. A tokenizer without a chat template is given one.

    Raises DanluError ``data.no_source``, ``data.no_rows``, ``data.too_many_dropped``,
    ``data.unfilled_placeholder`` and what reading raises (:func:`engine.data.read.read_rows`).
    """
    if not spec.data.train:
        raise DanluError("data.no_source")
    train, held = _both_sides(spec, job)
    if ensure_chat_template(tokenizer):
        job.note("finding.no_chat_template.message")
    data = spec.data
    encoder = Encoder(
        tokenizer, data.max_length, data.over_long, data.mask_history, data.train_on_prompt
    )
    total = sum(len(part.conversations) for part in (*train, *held))
    train_rows, train_kept = _encode(train, encoder, job, 0, total)
    done = sum(len(part.conversations) for part in train)
    held_rows, held_kept = _encode(held, encoder, job, done, total)
    reports = list({id(part.report): part.report for part in (*train, *held)}.values())
    refuse_too_many_dropped(reports, spec)
    if not train_kept:
        raise DanluError("data.no_rows")
    return Prepared(
        train=train_rows.dataset(),
        eval=held_rows.dataset() if held_kept else None,
        report=Report(reports, lambda: iter([*train_kept, *held_kept])),
        train_conversations=train_kept,
        eval_conversations=held_kept,
        fingerprints=_fingerprints([*spec.data.train, *spec.data.eval], job),
    )


def _both_sides(spec: RunSpec, job: Job) -> tuple[list[_Part], list[_Part]]:
    """The conversations to train on, and those held back. Raises DanluError as prepare does."""
    train = [_read(source, spec, job) for source in spec.data.train]
    held = [_read(source, spec, job) for source in spec.data.eval]
    refuse_too_many_dropped([part.report for part in (*train, *held)], spec)
    if spec.data.eval_fraction > 0:
        train, split = _split(train, spec.data.eval_fraction)
        held = [*split, *held]
    return train, held


def _read(source: Source, spec: RunSpec, job: Job) -> _Part:
    report = SourceReport(source.source, spec.method.stage)
    wording = Wording(spec.data.fill, spec.data.system, spec.train.seed)
    return _Part(report, list(taken(source, wording, report, job)))


def _split(parts: list[_Part], fraction: float) -> tuple[list[_Part], list[_Part]]:
    rows = [conversation for part in parts for conversation in part.conversations]
    sides = iter(split_of([row.key for row in rows], fraction))
    train, held = [], []
    for part in parts:
        marked = [(row, next(sides)) for row in part.conversations]
        train.append(_Part(part.report, [row for row, evaluated in marked if not evaluated]))
        held.append(_Part(part.report, [row for row, evaluated in marked if evaluated]))
    return train, held


def _encode(
    parts: list[_Part], encoder: Encoder, job: Job, done: int, total: int
) -> tuple[TokenTable, list[Conversation]]:
    table, kept = TokenTable(), []
    for part in parts:
        for conversation in part.conversations:
            if done % _EVERY == 0:
                job.report("rendering_data", done, total, "rows")
            done += 1
            rendered = encoder.encode(conversation, part.report)
            if rendered is not None:
                table.add(rendered.input_ids, rendered.labels)
                kept.append(conversation)
    job.report("rendering_data", done, total, "rows")
    return table, kept


def _fingerprints(sources: list[Source], job: Job) -> dict[str, str]:
    return {source.source: fingerprint(locate(source, job).files, job) for source in sources}
