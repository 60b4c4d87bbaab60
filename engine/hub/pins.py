"""Which commit a folder of ModelScope's cache holds.

Hugging Face's cache has a folder for each commit. ModelScope's has one for each branch, whose files
its client replaces when the branch moves on; which commit they are of it does not keep. danlu notes
that when it fetched them, with each file's size and time, so that a commit pinned in a spec is
found again without a network, and is not mistaken for a later one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.home import home


def remember_commit(folder: Path, commit: str, files: Iterable[str]) -> None:
    """Note that the ``files`` now in ``folder`` are of ``commit``."""
    from engine.runs.atomic import write_atomically

    stamps = {name: _stamp(folder / name) for name in files}
    entry = {"folder": str(folder), "commit": commit, "files": stamps}
    write_atomically(_note(folder), json.dumps(entry))


def commit_in(folder: Path) -> str | None:
    """The commit that ``folder`` holds, None where danlu did not fetch it or it changed since."""
    try:
        entry: Any = json.loads(_note(folder).read_text("utf-8"))
        same = all(_stamp(folder / name) == stamp for name, stamp in entry["files"].items())
        return str(entry["commit"]) if same and entry["folder"] == str(folder) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _note(folder: Path) -> Path:
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return home() / "hub" / f"{folder.name}-{digest}.json"
