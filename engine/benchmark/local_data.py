"""A benchmark's questions in a folder of this machine, as hubs or the benchmark itself lay it out.

Known are ``<subject>/<split>….parquet`` (both hubs), ``<split>/<subject>_<split>.csv`` (C-Eval),
``<split>/<subject>.csv`` (CMMLU), ``<subject>_<split>.jsonl``, and ``<split>….jsonl`` where there
are no subjects. Imports datasets inside a function.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.benchmark.known import Benchmark
from engine.errors import DanluError
from engine.home import home

_READERS = {".parquet": "parquet", ".jsonl": "json", ".json": "json", ".csv": "csv"}
_NOTES = ("dataset_infos.json", "dataset_info.json", "package.json")
Files = dict[str, dict[str, list[Path]]]  # subject ("" where there are none) → split → files


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


def local_files(benchmark: Benchmark, folder: Path, shots: int) -> Files:
    """The files of ``folder``, by subject and split; subjects without questions left out. Raises
    DanluError ``benchmark.no_questions``, ``benchmark.no_examples``."""
    found: Files = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.rglob("*")):
        if path.suffix in _READERS and path.name not in _NOTES and path.is_file():
            subject, split = _place(benchmark, path.relative_to(folder))
            if split:
                found[subject][split].append(path)
    asked = benchmark.asked
    whole = {subject: dict(splits) for subject, splits in found.items() if asked in splits}
    if not whole:
        raise DanluError(
            "benchmark.no_questions",
            folder=folder,
            benchmark=benchmark.title,
            split=asked,
        )
    poor = [subject for subject, splits in whole.items() if benchmark.worked not in splits]
    if shots and poor:
        raise DanluError(
            "benchmark.no_examples",
            folder=folder,
            subject=poor[0] or benchmark.name,
            split=benchmark.worked,
            shots=shots,
        )
    return whole


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


def members(benchmark: Benchmark, files: Files, cache: Path) -> list[dict[str, Any]]:
    """What the harness is to read in the place of a hub's data set, a task for each subject."""
    return [
        {
            "task": benchmark.subject_task(subject),
            "custom_dataset": _reader(splits, cache),
            "dataset_path": "local",
            **({} if benchmark.worked in splits else {"fewshot_split": None}),
        }
        for subject, splits in sorted(files.items())
    ]


def _reader(splits: dict[str, list[Path]], cache: Path) -> Callable[..., dict[str, Any]]:
    def read(**_: Any) -> dict[str, Any]:
        """Each split by itself: C-Eval's examples have a column more than its questions."""
        from datasets import load_dataset

        return {
            split: load_dataset(
                _READERS[paths[0].suffix],
                data_files={"rows": [str(path) for path in paths]},
                split="rows",
                cache_dir=str(cache),
            )
            for split, paths in splits.items()
        }

    return read
