"""From a spec's data to the rows of training: read, checked, sampled, split, encoded.

Rows go one after another from their files to a file of tokens, so that no more than a batch of them
is in memory, however many there are. Imports datasets and pyarrow when called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data import encoded
from engine.data.bulk import count_rows
from engine.data.duplicates import Seen
from engine.data.encode import Encoder
from engine.data.example import Example
from engine.data.files import locate
from engine.data.packed import write_packed
from engine.data.refuse import refuse_too_many_dropped
from engine.data.render_pool import RenderPool, process_count
from engine.data.report import Report, SourceReport
from engine.data.split import Places
from engine.data.survey import Wording, taken
from engine.data.tables import PAIR, ROW, TokenFile, rows_of
from engine.data.template import ensure_chat_template
from engine.errors import DanluError
from engine.job import Job
from engine.spec.run_spec import RunSpec
from engine.spec.sections import Source

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

_EVERY = 64
_TRAINED, _HELD, _LEFT_OUT = 0, 1, 2


@dataclass
class Prepared:
    """What training takes: rows of ``input_ids`` and ``labels`` (with ``train.packing`` those to
    train on in packs, and ``seq_lengths``; of pairs the better answer, and ``rejected_input_ids``
    and ``rejected_labels``), the report of the check, and the sha256 of each source's files."""

    train: Dataset
    eval: Dataset | None
    report: Report
    fingerprints: dict[str, str] = field(default_factory=dict)


@dataclass
class _Encoded:
    """All rows taken, in order: what became of each (``fates``), and the reports."""

    reports: list[SourceReport]
    fates: bytearray


def prepare(spec: RunSpec, tokenizer: PreTrainedTokenizerBase, job: Job) -> Prepared:
    """The rows of ``spec``, ready to train; those encoded before are taken as they are. A tokenizer
    without a chat template is given one.

    Raises DanluError ``data.no_source``, ``data.no_rows``, ``data.too_many_dropped``,
    ``data.unfilled_placeholder``, ``data.cache_unwritable`` and what finding and reading the files
    raises (:func:`engine.data.files.locate`, :func:`engine.data.read.read_file`).
    """
    if not spec.data.train:
        raise DanluError("data.no_source")
    if ensure_chat_template(tokenizer):
        job.note("finding.no_chat_template.message")
    fingerprints = {
        source.source: encoded.digest_of_files(locate(source, job).files, job)
        for source in _sources(spec)
    }
    name = encoded.name_of(_depends_on(spec, fingerprints), tokenizer)
    rows, made = encoded.found(name) or _make(spec, tokenizer, name, job)
    kept = [place for place, fate in enumerate(_without(made.fates)) if fate == _TRAINED]
    held = [place for place, fate in enumerate(_without(made.fates)) if fate == _HELD]
    train = rows_of(rows, kept if held else None)
    if spec.train.packing:
        train = _packed(train, f"{name}-packed", spec, job)
    return Prepared(
        train=train,
        eval=rows_of(rows, held) if held else None,
        report=Report(made.reports),
        fingerprints=fingerprints,
    )


def _sources(spec: RunSpec) -> list[Source]:
    return [*spec.data.train, *spec.data.eval]


def _depends_on(spec: RunSpec, fingerprints: dict[str, str]) -> object:
    """All of a spec that its encoded rows and their report depend on."""
    paths = [[str(path) for path in locate(source, Job()).files] for source in _sources(spec)]
    data = replace(spec.data, dataset_num_proc=None)  # however many do it, it is the same
    return data, spec.method.stage, spec.train.seed, sorted(fingerprints.items()), paths


def _without(fates: bytearray) -> bytearray:
    """The fates of the rows that were written."""
    return fates.replace(bytes([_LEFT_OUT]), b"")


def _make(
    spec: RunSpec, tokenizer: PreTrainedTokenizerBase, name: str, job: Job
) -> tuple[Path, _Encoded]:
    total = _refuse_early(spec, job)
    data = spec.data
    encoder = Encoder(
        tokenizer, data.max_length, data.over_long, data.mask_history, data.train_on_prompt
    )
    count = process_count(data.dataset_num_proc, total, job)
    with encoded.making() as folder, encoder.pool(count, job) as pool:
        made = _encode(spec, encoder, pool, folder / encoded.ROWS, total, job)
        refuse_too_many_dropped(made.reports, spec)
        if _TRAINED not in made.fates:
            raise DanluError("data.no_rows")
        return encoded.keep(folder, name, made), made


def _packed(rows: Dataset, name: str, spec: RunSpec, job: Job) -> Dataset:
    """The rows in packs of ``data.max_length``, kept beside them."""
    known = encoded.found(name)
    if known is not None:
        return rows_of(known[0])
    with encoded.making() as folder:
        write_packed(rows, folder / encoded.ROWS, spec.data.max_length, job)
        return rows_of(encoded.keep(folder, name, None))


def _refuse_early(spec: RunSpec, job: Job) -> int:
    """Refuse what would be refused in the end, before anything is encoded: reading alone takes
    little. Gives the number of rows."""
    reports = []
    for source in _sources(spec):
        report = SourceReport(source.source, spec.method.stage)
        count_rows(source, _wording(spec), report, job, Seen())
        reports.append(report)
    refuse_too_many_dropped(reports, spec)
    return sum(report.taken for report in reports)


def _encode(
    spec: RunSpec, encoder: Encoder, pool: RenderPool, path: Path, total: int, job: Job
) -> _Encoded:
    made, places, done = _Encoded([], bytearray()), Places(), 0
    file = TokenFile(path, PAIR if spec.method.stage == "dpo" else ROW)
    first_held = 0
    for source in _sources(spec):
        report = SourceReport(source.source, spec.method.stage)
        made.reports.append(report)
        rows = taken(source, _wording(spec), report, job)
        for row, columns in _rendered(encoder, spec.method.stage, rows, report, pool):
            if done % _EVERY == 0:
                job.report("rendering_data", done, total, "rows")
            done += 1
            places.add(row)
            made.fates.append(_TRAINED if columns else _LEFT_OUT)
            if columns:
                file.add(*columns)
        if len(made.reports) == len(spec.data.train):
            _hold(made.fates, places.sides(spec.data.eval_fraction))
            first_held = len(made.fates)
    file.close()
    _hold(made.fates, [place >= first_held for place in range(len(made.fates))])
    job.report("rendering_data", total, total, "rows")
    return made


def _rendered(
    encoder: Encoder, stage: str, rows: Iterator[Any], report: SourceReport, pool: RenderPool
) -> Iterator[tuple[Example, list[list[int]]]]:
    """Each row with what it has in the columns of the file; nothing where it is left out."""
    if stage == "dpo":
        for pair, sides in encoder.encode_pairs(rows, report, pool):
            yield pair, [part for side in sides or () for part in (side.input_ids, side.labels)]
        return
    for row, made in encoder.encode_many(rows, report, pool):
        yield row, [made.input_ids, made.labels] if made else []


def _hold(fates: bytearray, sides: Iterable[bool]) -> None:
    for place, held in enumerate(sides):
        if held and fates[place] == _TRAINED:
            fates[place] = _HELD


def _wording(spec: RunSpec) -> Wording:
    return Wording(spec.data.fill, spec.data.system, spec.train.seed)
