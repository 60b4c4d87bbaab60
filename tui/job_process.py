"""Doing a danlu command in a process of its own, which outlives the screen that asked for it."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from engine import words
from engine.child_process import module_command
from engine.errors import DanluError
from engine.jobs.record import JobRecord, new_record
from engine.runs.lock import LOCK_NAME
from tui.cli.lasting_job import FOLDER_VARIABLE


def start_command(
    command: Sequence[str], about: Sequence[str] = (), folder: Path | None = None
) -> JobRecord:
    """Start ``danlu COMMAND`` in ``folder``, else in the current one. Its verb must work through a
    lasting job; its record tells of it, and what it is ``about``.
    Raises DanluError ``jobs.cannot_start``."""
    try:
        record = new_record(command, about, folder)
        with open(record.log_path, "ab") as log:
            process = subprocess.Popen(
                module_command("tui.main", "--lang", words.language(), *command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, FOLDER_VARIABLE: str(record.path)},
                start_new_session=True,  # neither ctrl+c nor a lost terminal reaches it
            )
    except OSError as error:
        reason = error.strerror or error
        raise DanluError("jobs.cannot_start", exit_code=3, reason=reason) from error
    threading.Thread(target=_reap, args=(process, record), daemon=True).start()
    return record


def _reap(process: subprocess.Popen[bytes], record: JobRecord) -> None:
    process.wait()
    # One that ended before it owned its folder never will: nobody need wait for it.
    if record.path.is_dir():
        (record.path / LOCK_NAME).touch()
