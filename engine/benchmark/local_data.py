"""A benchmark's questions in a folder of this machine, as hubs or the benchmark itself lay it out.

Known are ``<subject>/<split>….parquet`` (both hubs), ``<split>/<subject>_<split>.csv`` (C-Eval),
``<split>/<subject>.csv`` (CMMLU), ``<split>/<subject>_<split>.csv`` (MMLU),
``<subject>_<split>.jsonl``, and ``<split>….jsonl`` where there are no subjects; all that in a zip
or tar file, too. Imports datasets inside a function.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from engine.benchmark.archives import unpacked
from engine.benchmark.known import Benchmark
from engine.benchmark.local_rows import SUFFIXES, Question, read_questions
from engine.errors import DanluError
from engine.home import home
from engine.job import Job

_NOTES = ("dataset_infos.json", "dataset_info.json", "package.json")
_OTHERS = ("socratic", "response")  # GSM8K's other telling; the answers of models to IFEval
Files = dict[str, dict[str, list[Path]]]  # subject ("" where there are none) → split → files
Questions = dict[str, dict[str, list[Question]]]


def usual_folder(benchmark: Benchmark) -> Path:
    """Where its questions are looked for before any hub is asked."""
    return home() / "benchmarks" / benchmark.name


def folder_of(benchmark: Benchmark, given: Path | None) -> Path | None:
    """The folder to read: ``given``, or the one in it that bears the benchmark's name; without it
    the usual one; None where that is not there."""
    if given is None:
        usual = usual_folder(benchmark)
        return usual if usual.is_dir() else None
    inside = given.expanduser() / benchmark.name
    return inside if inside.is_dir() else given.expanduser()


def local_questions(
    benchmark: Benchmark, folder: Path, shots: int, tasks: Collection[str], job: Job
) -> Questions:
    """The questions of ``folder``, by subject and split. ``tasks`` are those the harness knows.
    Raises DanluError ``benchmark.*``, Cancelled."""
    with tempfile.TemporaryDirectory(prefix="danlu-benchmark-") as room:
        files = found_files(benchmark, folder, tasks)
        if not files and (inside := unpacked(folder, Path(room))):
            files = found_files(benchmark, inside, tasks)
        _refuse_poor(benchmark, files, folder, shots)
        found: Questions = {}
        for done, (subject, splits) in enumerate(sorted(files.items())):
            job.report("benchmark_prepare", done, len(files), "files")
            found[subject] = {
                split: [row for path in paths for row in read_questions(benchmark, path)]
                for split, paths in splits.items()
            }
        return found


def found_files(benchmark: Benchmark, folder: Path, tasks: Collection[str]) -> Files:
    """The files of ``folder``, by subject and split; subjects without questions, and those the
    harness has no task for, left out."""
    found: Files = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.suffix in SUFFIXES and path.is_file() and not _beside(place):
            subject, split = _place(benchmark, place)
            if split:
                found[subject][split].append(path)
    return {
        subject: dict(splits)
        for subject, splits in found.items()
        if benchmark.asked in splits and benchmark.subject_task(subject) in tasks
    }


def _beside(place: Path) -> bool:
    """Whether a file is none of the questions, or of another telling of them."""
    if place.name in _NOTES or any(part.startswith((".", "__MACOSX")) for part in place.parts):
        return True
    return any(other in part for part in place.parts for other in _OTHERS)


def _refuse_poor(benchmark: Benchmark, files: Files, folder: Path, shots: int) -> None:
    """Raises DanluError ``benchmark.no_questions``, ``benchmark.no_examples``."""
    if not files:
        raise DanluError(
            "benchmark.no_questions",
            folder=folder,
            benchmark=benchmark.title,
            split=benchmark.asked,
        )
    poor = [subject for subject, splits in files.items() if benchmark.worked not in splits]
    if shots and poor:
        raise DanluError(
            "benchmark.no_examples",
            folder=folder,
            subject=poor[0] or benchmark.name,
            split=benchmark.worked,
            shots=shots,
        )


def _place(benchmark: Benchmark, path: Path) -> tuple[str, str]:
    """Subject and split of a file; no split where its place tells none."""
    splits = [split for split in (benchmark.asked, benchmark.worked) if split]
    parent, stem = path.parent.name, path.stem
    if not benchmark.subjects:
        named = [split for split in splits if stem.startswith(split) or parent == split]
        # IFEval has one file of its own name.
        return "", named[0] if named else ("" if benchmark.worked else benchmark.asked)
    for split in splits:
        if parent == split:
            return stem.removesuffix(f"_{split}"), split
        if stem.endswith(f"_{split}"):
            return stem.removesuffix(f"_{split}"), split
        if stem == split or stem.startswith((f"{split}-", f"{split}.")):
            return parent, split
    return "", ""


def members(benchmark: Benchmark, questions: Questions) -> list[dict[str, Any]]:
    """What the harness is to read in the place of a hub's data set, a task for each subject."""
    return [
        {
            "task": benchmark.subject_task(subject),
            "custom_dataset": _reader(splits),
            "dataset_path": "local",
            **({} if benchmark.worked in splits else {"fewshot_split": None}),
        }
        for subject, splits in sorted(questions.items())
    ]


def _reader(splits: dict[str, list[Question]]) -> Callable[..., dict[str, Any]]:
    def read(**_: Any) -> dict[str, Any]:
        from datasets import Dataset

        return {split: Dataset.from_list(rows) for split, rows in splits.items()}

    return read
