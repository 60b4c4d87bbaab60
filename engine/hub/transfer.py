"""Bringing the files of one repository here: several at once, each with patience, all of them
watched. Runs in the fetching process; what it needs of a hub is :class:`Side`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from engine.hardware import free_disk_bytes
from engine.hub.child_side import Failed, Say, leave, ticking
from engine.hub.choose import RemoteFile
from engine.hub.faults import asked_to_wait, fault, worth_retrying
from engine.hub.room import SPARE, room_values

_AT_ONCE = 4  # files
PATIENCE = 60.0  # seconds without a single new byte, and two tries, before giving up
PAUSE = 0.25  # seconds before the first new try; each one without a new byte waits twice as long
_LONGEST_PAUSE = 8.0
_SHOWN = 8  # files under way that are told of
_ASKS = 3  # times a listing is asked for
Answer = TypeVar("Answer")


class Side(Protocol):
    """One repository on one hub."""

    revision: str
    cache: Path

    def files(self) -> list[RemoteFile]: ...
    def held(self, file: RemoteFile) -> int: ...
    def fetch(self, file: RemoteFile) -> None: ...
    def finish(self, files: list[RemoteFile]) -> tuple[Path, str]: ...


def ask_patiently(ask: Callable[[], Answer], request: dict[str, Any]) -> Answer:
    """What ``ask`` answers, asked some times while the line or the hub fails. Raises Failed."""
    for number in range(1, _ASKS + 1):
        try:
            return ask()
        except Exception as error:  # whatever a client may raise becomes a named failure
            code, values = fault(error, request["hub"], request["repo"], request["revision"])
            if number == _ASKS or not worth_retrying(code):
                raise Failed(code, values) from error
            time.sleep(PAUSE * 2**number)
    raise AssertionError("asked not even once")


class Transfer:
    """Fetches ``files``, small ones first and weights last; the first failure ends the rest."""

    def __init__(
        self, side: Side, files: list[RemoteFile], request: dict[str, Any], say: Say
    ) -> None:
        self._side, self._files, self._request, self._say = side, files, request, say
        self._total = sum(file.size for file in files)
        self._whole = 0
        self._begun: dict[str, RemoteFile] = {}
        self._waiting = {file.path: side.held(file) for file in files}
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes that were here before, whole or partial."""
        return sum(self._waiting.values())

    def run(self) -> None:
        """Bring everything. Raises Failed."""
        with ticking(self._tell), ThreadPoolExecutor(_AT_ONCE) as pool:
            futures = [pool.submit(self._fetch, file) for file in self._files]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                raise

    def _fetch(self, file: RemoteFile) -> None:
        with self._lock:
            self._waiting.pop(file.path)
            self._begun[file.path] = file
        self._fetch_patiently(file)
        with self._lock:
            del self._begun[file.path]
            self._whole += file.size

    def _fetch_patiently(self, file: RemoteFile) -> None:
        """Fetch ``file``; on a broken line go on from there, as long as bytes keep coming."""
        tries, most, last_byte = 0, self._side.held(file), time.monotonic()
        while True:
            try:
                self._side.fetch(file)
                return
            except Exception as error:
                asked = self._request
                code, values = fault(error, asked["hub"], asked["repo"], asked["revision"])
                tries += 1
                now = self._side.held(file)
                if now > most:
                    tries, most, last_byte = 1, now, time.monotonic()
                waited = time.monotonic() - last_byte
                if not worth_retrying(code) or (tries > 1 and waited > PATIENCE):
                    raise Failed(code, {**values, "file": file.path}) from error
                asked_for = asked_to_wait(error)
                self._say("retry", file=file.path, code=code, seconds=round(asked_for))
                time.sleep(max(asked_for, min(_LONGEST_PAUSE, PAUSE * 2 ** (tries - 1))))
                last_byte += asked_for  # what the hub asked for tries nobody's patience

    def _tell(self) -> None:
        """Say how many bytes are here; end everything before the disk is full. What is partial then
        stays, and is gone on with."""
        with self._lock:
            done, begun = self._whole + sum(self._waiting.values()), list(self._begun.values())
        parts = [(file.path, self._side.held(file), file.size) for file in begun]
        done += sum(held for _, held, _ in parts)
        self._say("bytes", done=done, parts=parts[:_SHOWN])
        if free_disk_bytes(self._side.cache) < min(SPARE, self._total) and done < self._total:
            asked = self._request
            left = self._total - done
            self._say(
                "failed", code="hub.disk_low", values=room_values(asked["repo"], left, self._side)
            )
            leave(3)
