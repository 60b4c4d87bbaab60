"""A sample of the device every two seconds, into the journal: also the run's sign of life."""

from __future__ import annotations

import threading

from engine.hardware import device_sample
from engine.runs.journal import JournalWriter

_SECONDS = 2.0


class DeviceWatch:
    """Writes ``device`` events from its own thread until closed."""

    def __init__(self, journal: JournalWriter) -> None:
        self._journal = journal
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="danlu-device", daemon=True)

    def start(self) -> None:
        device_sample()  # the first reading of CPU use has nothing to compare with
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(_SECONDS):
            self._journal.write("device", **device_sample())
