"""Asking the heavy libraries in a child process, while something else is done."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from typing import Any

from engine.child_process import module_command
from engine.job import Job

_SECONDS = 120.0  # a cold disk may take a minute to load torch


class Libraries:
    """A running ``engine.doctor_probe``; leaving the block ends it."""

    def __enter__(self) -> Libraries:
        self._output = tempfile.TemporaryFile()
        self._until = time.monotonic() + _SECONDS
        self._process = subprocess.Popen(
            module_command("engine.doctor_probe"),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()

    def wait(self, job: Job) -> dict[str, Any]:
        """What it found, by library; where it crashed or stayed silent, each has an ``error``."""
        while self._process.poll() is None and time.monotonic() < self._until:
            job.check()
            time.sleep(0.1)
        status = self._process.poll()
        self._output.seek(0)
        try:
            return json.loads(self._output.read())
        except ValueError:
            ended = {"error": f"> {_SECONDS:.0f} s" if status is None else f"exit {status}"}
            return {"torch": ended, "bitsandbytes": ended}
