"""The app fills the terminal it is started in, whatever its output is redirected to."""

from __future__ import annotations

import os
import pty
import select
import struct
import subprocess
import termios
import time
from fcntl import ioctl

from tests.command import DANLU


def test_the_app_fills_a_large_terminal(tmp_path):
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    app = subprocess.Popen(
        [*DANLU, "--home", str(tmp_path)],
        stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    try:
        assert b"\x1b[40;" in _read_until(master, b"\x1b[40;", seconds=30)
    finally:
        os.close(master)  # the terminal goes, and the app with it
        app.terminate()
        app.wait(timeout=20)


def _read_until(master: int, wanted: bytes, seconds: float) -> bytes:
    seen, end = b"", time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536)
    return seen
