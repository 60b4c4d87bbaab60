"""A ``transformers serve`` of our own: started, given its models, watched, ended.

It takes no key, lists what is in the hub's cache, loads whatever a request names and drops it when
it is not asked for a while. So it is put behind danlu's own front (:mod:`engine.serve.app`), the
one way in: a Unix socket in a folder of this user's alone, never a TCP port, since on a shared
machine a port on loopback is open to everyone. The front knows the names and the key; each name
stands for one folder (:mod:`engine.serve.whole_folder`), and no other is ever asked for.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.child_process import module_command
from engine.serve.inner import Asking, InnerFault, InnerGone

_GRACE = 5.0  # seconds it gets to end
_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",  # all it loads is here
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
}


class TransformersServe:
    """A running ``transformers serve``; its output goes where this process's goes. ``folder`` is
    this user's alone and goes when it ends."""

    def __init__(self, options: list[str]) -> None:
        """Start it with ``options``; it answers once its libraries are loaded."""
        # Not in the serving's folder: the path of a Unix socket is short (104 bytes on macOS).
        self.folder = Path(tempfile.mkdtemp(prefix="danlu-"))
        self._path = self.folder / "socket"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.bind(str(self._path))
            listening.listen(128)
            descriptor = listening.fileno()
            self.process = subprocess.Popen(
                module_command("engine.serve.transformers_child", str(descriptor), *options),
                pass_fds=[descriptor],
                stdin=subprocess.PIPE,  # held open as long as this process lives
                env={**os.environ, **_ENVIRONMENT},
            )

    def load(self, folder: Path, at: Callable[[int, int | None], object]) -> None:
        """Load the model in ``folder``, telling ``at`` how many weights of how many are. Raises
        InnerFault with its own reason, InnerGone."""
        with Asking(self._path, "/load_model", {"model": str(folder)}) as asking:
            status = None
            for event in asking.events():
                status = event.get("status")
                if status == "error":
                    raise InnerFault(str(event.get("message")))
                weights = event.get("progress") if event.get("stage") == "weights" else None
                if weights:
                    at(weights["current"], weights["total"])
        if status != "ready":
            raise InnerGone(str(status))

    def complete(self, body: dict[str, Any]) -> Asking:
        """Ask for the continuation of a text, as events. Raises InnerFault, InnerGone."""
        return Asking(self._path, "/v1/completions", {**body, "stream": True})

    def status(self) -> int | str:
        """With what it ended, of which its closed connections may tell before it has; a dash while
        it has not."""
        try:
            return self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            return "–"

    def when_ended(self, call: Callable[[], object]) -> None:
        """Have ``call`` made, in a thread of its own, once the process has ended."""

        def wait() -> None:
            self.process.wait()
            call()

        threading.Thread(target=wait, daemon=True).start()

    def end(self) -> None:
        """End it, and leave nothing behind."""
        self.process.terminate()
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            with suppress(OSError):
                self.process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)
