"""The answers given so far, on disk: an evaluation that is killed goes on where it was, and one
that lets answers be longer asks only those again that were cut."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.job import Job

if TYPE_CHECKING:
    from engine.chat.generate import Said

_WEIGHTS = ("*.safetensors", "*.bin", "config.json", "adapter_config.json", "tokenizer*")


class AnswerFile:
    """One line an answer: ``{"key", "answer", "tokens", "cut"}``, added as each is complete and
    read again at the next opening, a line that was cut off left out. ``cut`` is the limit an answer
    was cut at, null for one that ended by itself. ``answers`` are those that ``limit`` tokens give,
    ``cut`` the keys of those it cuts. Raises DanluError ``evaluate.already_running`` when another
    process writes it."""

    def __init__(self, path: Path, limit: int, *, again: bool = False) -> None:
        self._limit = limit
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = open(path, "a+b")  # noqa: SIM115
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise DanluError("evaluate.already_running", folder=path.parent) from error
        if again:
            self._file.truncate(0)
        self.answers: dict[str, str] = {}
        self.cut: set[str] = set()
        self._read()

    def _read(self) -> None:
        self._file.seek(0)
        end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            end += len(line)
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                if entry["cut"] == self._limit if entry["cut"] else entry["tokens"] < self._limit:
                    self._take(str(entry["key"]), str(entry["answer"]), bool(entry["cut"]))
        self._file.truncate(end)

    def _take(self, key: str, answer: str, cut: bool) -> None:
        self.answers[key] = answer
        (self.cut.add if cut else self.cut.discard)(key)

    def add(self, key: str, said: Said) -> None:
        self._take(key, said.text, said.cut)
        entry = {"key": key, "answer": said.text, "tokens": said.tokens}
        entry["cut"] = self._limit if said.cut else None
        line = json.dumps(entry, ensure_ascii=False)
        self._file.write(line.encode("utf-8", "replace") + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> AnswerFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def voice_fingerprint(target: ChatTarget, tuned: bool) -> str:
    """What tells one answering model from another: its section of the spec, and the names, sizes
    and times of the files it is loaded from. The model is on this machine already."""
    from engine.models.locate import locate

    model = target.tuned_model if tuned and target.weights else target.base
    folders = [locate(model, Job()).folder]
    if tuned and target.adapter:
        folders.append(target.adapter)
    return digest([vars(model), *map(_files, folders)])


def digest(value: Any) -> str:
    """A short name for ``value``, the same for what is equal."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _files(folder: Path) -> list[tuple[str, int, int]]:
    found = {path for pattern in _WEIGHTS for path in folder.glob(pattern)}
    facts = [(path.name, os.stat(path)) for path in sorted(found)]
    return [(name, fact.st_size, fact.st_mtime_ns) for name, fact in facts]
