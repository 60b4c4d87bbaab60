"""The answers given so far, on disk: an evaluation that is killed goes on where it was."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import IO, Any

from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.job import Job

_WEIGHTS = ("*.safetensors", "*.bin", "config.json", "adapter_config.json", "tokenizer*")


class AnswerFile:
    """One line an answer: ``{"key", "answer"}``, added as each is complete and read again at the
    next opening, a line that was cut off left out. Raises DanluError ``evaluate.already_running``
    when another process writes it."""

    def __init__(self, path: Path, *, again: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = open(path, "a+b")  # noqa: SIM115
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise DanluError("evaluate.already_running", folder=path.parent) from error
        if again:
            self._file.truncate(0)
        self.answers = self._read()

    def _read(self) -> dict[str, str]:
        found: dict[str, str] = {}
        self._file.seek(0)
        end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            end += len(line)
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                found[str(entry["key"])] = str(entry["answer"])
        self._file.truncate(end)
        return found

    def add(self, key: str, answer: str) -> None:
        self.answers[key] = answer
        line = json.dumps({"key": key, "answer": answer}, ensure_ascii=False)
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
