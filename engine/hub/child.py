"""Running one of the processes in which the hubs' clients live, and following what it says."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from typing import IO, Any

from engine.child_process import module_command
from engine.job import Job

Event = dict[str, Any]
_POLL = 0.2  # seconds between looks whether the person cancelled
_ENVIRONMENT = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "TQDM_DISABLE": "1",
    "PYTHONUNBUFFERED": "1",
    # ModelScope's client gives each file an hour in all by default: too little on a slow line.
    "MODELSCOPE_DOWNLOAD_TOTAL_TIMEOUT": "604800",
    # It tries anew six times in all, bytes gained or not, with pauses of up to a minute: danlu's
    # own patience ends only where none come. And a line that is dead is taken for one sooner.
    "MODELSCOPE_DOWNLOAD_MAX_RETRIES": "0",
    "MODELSCOPE_DOWNLOAD_TIMEOUT": "20",
    "MODELSCOPE_API_TIMEOUT": "20",
    "MODELSCOPE_API_MAX_RETRIES": "2",
    # An hour by default, for an answer to a file that was sent whole.
    "MODELSCOPE_UPLOAD_BLOB_READ_TIMEOUT_SECONDS": "300",
}


class ChildEnded(Exception):
    """The process ended without having said that it is done; ``exit_code`` is its own."""

    def __init__(self, exit_code: int) -> None:
        killed = exit_code < 0  # by the signal of that number
        super().__init__(signal.Signals(-exit_code).name if killed else f"exit {exit_code}")
        self.exit_code = exit_code


class Paused(Exception):
    """The person asked to hold on, and the process was ended for that."""


def run_child(
    module: str,
    request: dict[str, Any],
    on_event: Callable[[Event], None],
    job: Job,
    *,
    pausable: bool = False,
) -> Event:
    """Run ``module`` as a process of its own, send it ``request`` and give ``on_event`` what it
    says, until the event ``done``, which is returned.

    What clients print is kept from the screen. Raises ChildEnded, Cancelled, whatever ``on_event``
    raises, and Paused where the process is ``pausable``; it is killed then, at once.
    """
    with tempfile.TemporaryFile() as noise:
        process = subprocess.Popen(
            module_command(module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            env={**_ENVIRONMENT, **os.environ},
            start_new_session=True,  # Ctrl-C in the terminal is the parent's to handle
        )
        try:
            return _follow(process, request, on_event, job, pausable)
        finally:
            process.kill()
            process.wait()
            _close(process)


def _follow(
    process: subprocess.Popen[bytes],
    request: dict[str, Any],
    on_event: Callable[[Event], None],
    job: Job,
    pausable: bool,
) -> Event:
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    events: queue.Queue[Event | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, events), daemon=True).start()
    while True:
        job.check()
        if pausable and job.paused:
            raise Paused
        try:
            event = events.get(timeout=_POLL)
        except queue.Empty:
            continue
        if event is None:
            raise ChildEnded(process.wait())
        if event["event"] == "done":
            return event
        on_event(event)


def _read(pipe: IO[bytes], events: queue.Queue[Event | None]) -> None:
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
