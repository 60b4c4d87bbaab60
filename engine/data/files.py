"""The files a source stands for: one file, those of a folder, or those of a hub's data set."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.finding import Finding
from engine.data.folders import files_below, folder_files
from engine.data.kinds import ENDINGS, is_data_file
from engine.data.not_data import refuse_irregular
from engine.data.reference import parsed
from engine.data.registry import registered
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

if TYPE_CHECKING:
    from engine.data.fetch import Copy

__all__ = ["ENDINGS", "Located", "files_below", "fingerprint", "locate"]
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Located:
    """A source's files, in a fixed order; ``source`` has the subset and count its name held;
    ``findings`` are what is worth knowing about the choice of files, ``copy`` the hub's data set
    they are of, if any."""

    files: list[Path]
    source: Source
    findings: list[Finding] = field(default_factory=list)
    copy: Copy | None = None


def locate(source: Source, job: Job) -> Located:
    """Find the files of ``source``, fetching a hub's data set where needed.

    Raises DanluError ``data.no_such_file``, ``data.no_files``, ``data.not_a_data_file``,
    ``data.no_split``, those of :func:`engine.data.registry.registered` and of
    :func:`engine.data.fetch.fetch`.
    """
    found = registered(source)
    if found is not None:
        parts = [locate(part, job) for part in found[1]]
        files = [file for part in parts for file in part.files]
        return Located(files, found[0], [each for part in parts for each in part.findings])
    target, source = parsed(source)
    if target.repo is not None:
        from engine.data.fetch import fetch

        found_files, copy = fetch(target, source, job)
        return Located(found_files, source, copy=copy)
    path = target.path
    assert path is not None
    refuse_irregular(path)
    if path.is_dir():
        files, findings = folder_files(path, source)
        return Located(files, source, findings)
    if not path.exists():
        raise _missing(path)
    if not is_data_file(path):
        raise DanluError("data.not_a_data_file", path=path, endings=" ".join(ENDINGS))
    return Located([path], source)


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
