"""The files a source stands for: one file, those of a folder, or those of a hub's data set."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine.data.reference import parsed
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

ENDINGS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
_NOT_DATA = {"dataset_info.json", "dataset_infos.json", "config.json", "package.json"}
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Located:
    """A source's files, in a fixed order; ``source`` has the subset and count its name held."""

    files: list[Path]
    source: Source


def locate(source: Source, job: Job) -> Located:
    """Find the files of ``source``, fetching a hub's data set where needed.

    Raises DanluError ``data.no_such_file``, ``data.no_files``, ``data.not_a_data_file`` and those
    of :func:`engine.data.fetch.fetch`.
    """
    target, source = parsed(source)
    if target.repo is not None:
        from engine.data.fetch import fetch

        return Located(fetch(target, source, job), source)
    path = target.path
    assert path is not None
    if path.is_dir():
        return Located(files_below(path), source)
    if not path.exists():
        raise _missing(path)
    if path.suffix.lower() not in ENDINGS:
        raise DanluError("data.not_a_data_file", path=path, endings=" ".join(ENDINGS))
    return Located([path], source)


def files_below(folder: Path) -> list[Path]:
    """The data files of a folder, sorted; hidden ones and registries of data sets left out.
    Raises DanluError ``data.no_files``."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in ENDINGS
        and path.name not in _NOT_DATA
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    ]
    if not files:
        raise DanluError("data.no_files", path=folder, endings=" ".join(ENDINGS))
    return files


def _missing(path: Path) -> DanluError:
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        beside = []
    close = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.6)
    if close:
        return DanluError("data.no_such_file_near", path=path, nearest=path.parent / close[0])
    return DanluError("data.no_such_file", path=path)


def fingerprint(files: list[Path], job: Job) -> str:
    """sha256 over the bytes of ``files``, in order: equal data has an equal fingerprint."""
    whole = hashlib.sha256()
    total, done = sum(path.stat().st_size for path in files), 0
    for path in files:
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                done += len(block)
                job.report("hashing_data", done, total, "bytes")
        if len(files) == 1:
            return digest.hexdigest()
        whole.update(digest.digest())
    return whole.hexdigest()
