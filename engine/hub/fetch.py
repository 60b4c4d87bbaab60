"""Fetching a repository: the right hub first, resumable, cancellable, with progress."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.child_process import module_command
from engine.errors import DanluError
from engine.hub.endpoints import endpoint, offline, probe
from engine.hub.reference import HUB_NAMES, HUBS, Hub
from engine.job import Job
from engine.units import human_bytes

# With hub "auto", after these the other hub may still have it.
_TRY_ELSEWHERE = (
    "hub.not_found", "hub.no_revision", "hub.unauthorized", "hub.gated", "hub.server_error",
    "hub.busy", "hub.failed", "hub.no_safetensors",
)  # fmt: skip
_ASKED_WRONGLY = ("hub.not_found", "hub.no_revision", "hub.bad_name", "hub.no_safetensors")
_POLL = 0.2  # seconds between looks whether the person cancelled
_ENVIRONMENT = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "TQDM_DISABLE": "1",
    "PYTHONUNBUFFERED": "1",
    # ModelScope's client gives each file an hour in all by default: too little on a slow line.
    "MODELSCOPE_DOWNLOAD_TOTAL_TIMEOUT": "604800",
}


@dataclass(frozen=True)
class Fetched:
    """A repository that is whole on disk, in its hub's own cache."""

    hub: Hub
    repo: str
    folder: Path
    revision: str


def fetch(
    repo: str, *, hub: str = "auto", revision: str | None = None, kind: str = "model", job: Job
) -> Fetched:
    """Bring ``repo`` (``kind`` model or dataset) here from ``hub``; ``auto`` asks ModelScope, then
    Hugging Face. What is here already is not fetched again.

    Raises DanluError ``hub.*``, Cancelled (partial files stay and are resumed).
    """
    hubs = _reachable(repo, hub, job)
    for number, name in enumerate(hubs):
        try:
            return _fetch_from(name, repo, revision, kind, job)
        except DanluError as error:
            if number == len(hubs) - 1 or error.code not in _TRY_ELSEWHERE:
                raise
            job.note("note_model.not_there", hub=HUB_NAMES[name], reason=error.what)
    raise AssertionError("no hub was asked")


def _reachable(repo: str, hub: str, job: Job) -> list[Hub]:
    """The hubs to ask, in order. Raises DanluError ``hub.offline`` or ``hub.unreachable``."""
    variable = offline()
    if variable:
        raise DanluError("hub.offline", repo=repo, variable=variable)
    wanted: list[Hub] = [name for name in HUBS if hub in ("auto", name)]
    if "/" not in repo and hub == "auto":
        wanted.remove("modelscope")  # every repository there has an owner
    job.report("probe_hubs")
    answers = probe([endpoint(name) for name in wanted])
    found = []
    for name in wanted:
        answer = answers[endpoint(name)]
        if answer.reached:
            found.append(name)
        else:
            job.note("note_model.unreachable", hub=HUB_NAMES[name], reason=answer.reason)
    if not found:
        raise DanluError(
            "hub.unreachable", exit_code=3, repo=repo, hubs=", ".join(map(endpoint, wanted))
        )
    return found


def _fetch_from(hub: Hub, repo: str, revision: str | None, kind: str, job: Job) -> Fetched:
    job.report("list_files")
    request = {"hub": hub, "repo": repo, "kind": kind, "revision": revision}
    with tempfile.TemporaryFile() as noise:
        process = subprocess.Popen(
            module_command("engine.hub.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            env=_environment(),
            start_new_session=True,  # Ctrl-C in the terminal is the parent's to handle
        )
        try:
            return _follow(process, request, job)
        finally:
            # Killed at once: nothing is half-written but partial files, which are resumed.
            process.kill()
            process.wait()
            _close(process)


def _environment() -> dict[str, str]:
    return {**_ENVIRONMENT, **os.environ}


def _follow(process: subprocess.Popen[bytes], request: dict[str, Any], job: Job) -> Fetched:
    """Send the request and relay what the process says until it is done."""
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    events: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, events), daemon=True).start()
    total = 0
    while True:
        job.check()
        try:
            event = events.get(timeout=_POLL)
        except queue.Empty:
            continue
        if event is None:
            values = {"hub": HUB_NAMES[request["hub"]], "repo": request["repo"]}
            raise DanluError("hub.failed", exit_code=3, **values, reason=f"exit {process.wait()}")
        if event["event"] == "done":
            job.report("download", event["bytes"], event["bytes"], "bytes")
            return Fetched(
                request["hub"], request["repo"], Path(event["folder"]), event["revision"]
            )
        total = _relay(event, total, request, job)


def _relay(event: dict[str, Any], total: int, request: dict[str, Any], job: Job) -> int:
    """Tell ``job`` of one event. Returns how many bytes the repository has in all."""
    if event["event"] == "failed":
        exit_code = 1 if event["code"] in _ASKED_WRONGLY else 3
        raise DanluError(event["code"], exit_code=exit_code, **event["values"])
    if event["event"] == "listed":
        total = event["bytes"]
        job.note(
            "note_model.fetching",
            hub=HUB_NAMES[request["hub"]],
            repo=request["repo"],
            size=human_bytes(total),
            held=human_bytes(event["held"]),
        )
        job.report("download", event["held"], total, "bytes")
    elif event["event"] == "bytes":
        job.report("download", event["done"], total, "bytes")
    elif event["event"] == "retry":
        job.note("note_model.retrying", file=event["file"])
    return total


def _read(pipe: IO[bytes], events: queue.Queue[dict[str, Any] | None]) -> None:
    for line in pipe:
        events.put(json.loads(line))
    events.put(None)


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            try:
                pipe.close()
            except OSError:  # unsent bytes to a process that has ended
                continue
