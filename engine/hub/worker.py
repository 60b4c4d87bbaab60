"""The fetching process (run as a module): reads one request from standard input and
tells what happens, one JSON document a line, on standard output.

Fetching has a process of its own because the clients can neither be cancelled at any moment nor
kept from writing to the screen, and read their settings once, when first imported. It ends when its
parent does (standard input closes), leaving partial files that the next one resumes.

Request: ``{hub, repo, kind, revision}``. Events: ``listed`` {files, bytes, held}, ``bytes`` {done,
file}, ``retry`` {file, code}, ``done`` {folder, revision}, ``failed`` {code, values}.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from engine.hardware import free_disk_bytes
from engine.hub.child_side import Failed, Say, leave, serve
from engine.hub.choose import RemoteFile, choose, is_safetensors
from engine.hub.faults import fault, worth_retrying
from engine.hub.reference import HUB_NAMES
from engine.units import human_bytes

_AT_ONCE = 4  # files
_PATIENCE = 20.0  # seconds without a single new byte, and two tries, before giving up
_TICK = 0.25  # seconds between looks at how far the files are


class Side(Protocol):
    """One repository on one hub."""

    revision: str
    cache: Path

    def files(self) -> list[RemoteFile]: ...
    def held(self, file: RemoteFile) -> int: ...
    def fetch(self, file: RemoteFile) -> None: ...
    def finish(self, files: list[RemoteFile]) -> tuple[Path, str]: ...


def main() -> int:
    """Serve one request. Returns 0 when the repository is whole on disk, else 3."""
    return serve(bring, _name)


def _name(error: Exception, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return fault(error, request["hub"], request["repo"], request["revision"])


def _side(request: dict[str, Any]) -> Side:
    where = request["repo"], request["kind"], request["revision"]
    if request["hub"] == "modelscope":
        from engine.hub.modelscope_side import ModelScopeSide

        return ModelScopeSide(*where)
    from engine.hub.huggingface_side import HuggingFaceSide

    return HuggingFaceSide(*where)


def bring(request: dict[str, Any], say: Say) -> None:
    """List, check the room, fetch, finish. Raises Failed and the clients' errors."""
    side = _side(request)
    files = choose(side.files(), request["kind"])
    if request["kind"] == "model" and not any(is_safetensors(file.path) for file in files):
        raise Failed(
            "hub.no_safetensors", {"hub": HUB_NAMES[request["hub"]], "repo": request["repo"]}
        )
    total = sum(file.size for file in files)
    held = sum(side.held(file) for file in files)
    _check_room(side, total - held)
    say("listed", files=len(files), bytes=total, held=held)
    with _ticking(side, files, say):
        _fetch_all(side, files, request, say)
    folder, revision = side.finish(files)
    say("done", folder=str(folder), revision=revision, bytes=total)


def _check_room(side: Side, need: int) -> None:
    free = free_disk_bytes(side.cache)
    if need > free:
        raise Failed(
            "hub.disk_full",
            {"need": human_bytes(need), "free": human_bytes(free), "folder": str(side.cache)},
        )


def _fetch_all(side: Side, files: list[RemoteFile], request: dict[str, Any], say: Say) -> None:
    """Small files first and weights last, several at once; the first failure ends the rest."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(_fetch_patiently, side, file, request, say) for file in files]
        try:
            for future in futures:
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def _fetch_patiently(side: Side, file: RemoteFile, request: dict[str, Any], say: Say) -> None:
    """Fetch ``file``; on a broken line go on from there, as long as bytes keep coming."""
    tries, held, last_byte = 0, side.held(file), time.monotonic()
    while True:
        try:
            side.fetch(file)
            return
        except Exception as error:
            code, values = fault(error, request["hub"], request["repo"], request["revision"])
            tries += 1
            now = side.held(file)
            if now > held:
                tries, held, last_byte = 1, now, time.monotonic()
            waited = time.monotonic() - last_byte
            if not worth_retrying(code) or (tries > 1 and waited > _PATIENCE):
                raise Failed(code, {**values, "file": file.path}) from error
            say("retry", file=file.path, code=code)
            time.sleep(min(8.0, 0.5 * 2**tries))


@contextlib.contextmanager
def _ticking(side: Side, files: list[RemoteFile], say: Say):
    """While open, say how many bytes are here several times a second."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(_TICK):
            held = [(side.held(file), file) for file in files]
            under_way = next((file.path for had, file in held if had < file.size), "")
            say("bytes", done=sum(had for had, _ in held), file=under_way)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    leave(main())
