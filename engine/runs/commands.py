"""What screens and commands ask of a running engine: appended to a file, read by the owner."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, Literal, get_args

COMMANDS_NAME = "commands.jsonl"
What = Literal["pause", "resume", "save", "evaluate", "stop", "abort", "set", "extend"]


def send_command(run_folder: Path, what: What, by: str = "screen", **values: Any) -> None:
    """Ask the engine that owns the run for ``what``: one atomic append, so many may ask at once."""
    line = json.dumps({"time": time.time(), "what": what, "by": by, **values}) + "\n"
    descriptor = os.open(run_folder / COMMANDS_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


class CommandReader:
    """Yields each command once. Commands from before the owner took the run are passed over."""

    def __init__(self, run_folder: Path) -> None:
        self._path = run_folder / COMMANDS_NAME
        self._offset = self._path.stat().st_size if self._path.exists() else 0

    def poll(self) -> list[dict[str, Any]]:
        """The commands that came since the last poll. Unknown ones are passed over."""
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return []
        if size <= self._offset:
            return []
        found: list[dict[str, Any]] = []
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                try:
                    command = json.loads(line)
                except ValueError:
                    continue
                if isinstance(command, dict) and command.get("what") in get_args(What):
                    found.append(command)
        return found
