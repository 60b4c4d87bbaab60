"""Encoded rows kept from one start to the next, under a fingerprint of all they depend on.

``$DANLU_HOME/cache/data/<fingerprint>/`` holds ``rows.arrow`` and ``about.pickle``. What has not
been used for longest goes when there is too much.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.data.files import fingerprint
from engine.errors import DanluError
from engine.home import home
from engine.job import Job

MOST = 20 << 30  # bytes of all encoded rows together
ROWS, _ABOUT, _DIGESTS = "rows.arrow", "about.pickle", "digests.json"
_REMEMBERED = 2000  # files whose digest is remembered


def cache_root() -> Path:
    """Where encoded rows are kept, each set of them in a folder."""
    return home() / "cache" / "data"


def found(name: str) -> tuple[Path, Any] | None:
    """The file of rows kept under ``name``, and what was kept about them."""
    folder = cache_root() / name
    try:
        about = pickle.loads((folder / _ABOUT).read_bytes())  # only ever our own, in our own home
        os.utime(folder)
    except Exception:  # not there, or damaged: encoded anew
        return None
    return (folder / ROWS, about) if (folder / ROWS).is_file() else None


@contextmanager
def making() -> Iterator[Path]:
    """A new folder to write rows to; gone afterwards unless :func:`keep` moved it. Raises
    DanluError ``data.cache_unwritable`` where the disk does not take it."""
    folder = cache_root() / f"part-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        if error.filename and not str(error.filename).startswith(str(cache_root())):
            raise
        reason = error.strerror or str(error)
        raise DanluError("data.cache_unwritable", path=cache_root(), reason=reason) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(folder: Path, name: str, about: Any) -> Path:
    """Keep what was made in ``folder`` under ``name``: whole, or not at all. Gives the rows' file.
    Raises OSError."""
    (folder / _ABOUT).write_bytes(pickle.dumps(about))
    target = cache_root() / name
    shutil.rmtree(target, ignore_errors=True)
    with contextlib.suppress(OSError):  # another start was quicker: its rows are the same
        folder.rename(target)
    _make_room(target)
    return target / ROWS


def _make_room(target: Path) -> None:
    """Remove what was used longest ago; never ``target``. Those who read a removed file go on."""
    kept = []
    for folder in cache_root().iterdir():
        with contextlib.suppress(OSError):
            if folder.is_dir() and folder != target and not folder.name.startswith("part-"):
                size = sum(file.stat().st_size for file in folder.iterdir())
                kept.append((folder.stat().st_mtime, size, folder))
    total = sum(size for _, size, _ in kept) + (target / ROWS).stat().st_size
    for _, size, folder in sorted(kept):
        if total <= MOST:
            break
        shutil.rmtree(folder, ignore_errors=True)
        total -= size


def digest_of_files(files: list[Path], job: Job) -> str:
    """:func:`engine.data.files.fingerprint`, remembered while size, place and times are equal."""
    stats = [(str(file.resolve()), *_stat(file)) for file in files]
    key = hashlib.sha256(json.dumps(stats).encode()).hexdigest()
    known = _remembered()
    if key not in known:
        known[key] = fingerprint(files, job)
        rest = dict(list(known.items())[-_REMEMBERED:])
        with contextlib.suppress(OSError):
            cache_root().mkdir(parents=True, exist_ok=True)
            part = cache_root() / f"{_DIGESTS}.{os.getpid()}"
            part.write_text(json.dumps(rest))
            part.replace(cache_root() / _DIGESTS)
    return known[key]


def _stat(file: Path) -> tuple[int, ...]:
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _remembered() -> dict[str, str]:
    try:
        known = json.loads((cache_root() / _DIGESTS).read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def name_of(parts: Any, tokenizer: Any) -> str:
    """The name under which rows are kept that depend on ``parts``, the tokenizer with its template,
    and danlu's own code."""
    whole = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass"))
    whole.update(_tokenizer_digest(tokenizer))
    for file in sorted(Path(__file__).parent.glob("*.py")):
        whole.update(file.read_bytes())
    return whole.hexdigest()[:32]


def _tokenizer_digest(tokenizer: Any) -> bytes:
    if tokenizer.is_fast:
        content = tokenizer.backend_tokenizer.to_str()
    else:
        content = repr(sorted(tokenizer.get_vocab().items()))
    rest = (tokenizer.chat_template, tokenizer.special_tokens_map, type(tokenizer).__name__)
    return hashlib.sha256(repr((content, rest)).encode("utf-8", "surrogatepass")).digest()
