"""A model hub on the loopback interface that speaks what the two hubs' own clients use of both
APIs, and breaks as real lines and servers do.

Hugging Face: ``GET /api/{models,datasets}/ID[/revision/R]``, ``…/tree/R``, ``HEAD`` and ``GET``
``ID/resolve/R/F`` (files of 1 KiB and more redirect to a signed address, as LFS does). ModelScope:
``GET /openapi/v1/models/ID``, ``/api/v1/models/ID/repo/files``, ``/api/v1/datasets/ID/repo/tree``,
``/api/v1/{models,datasets}/ID/repo?FilePath=…``. Ranges are honoured everywhere. Both are searched:
``/api/{models,datasets}?search=…``, ``/openapi/v1/{models,datasets}?search=…``. What is ``gated``
is for ``members``, by their tokens.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.hub.loopback_answers import Fault, Repo, Request, answers_of


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go are part of what is tested."""


class LoopbackHub:
    """Serves what was added. ``requests`` lists all it was asked; ``sent_bytes`` counts files."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.sent_bytes = 0
        self.bytes_per_second: float | None = None
        self.members: set[str] = set()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), answers_of(self))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def add(self, repo: str, folder: Path, kind: str = "model", **about: Any) -> Repo:
        """Publish the files of ``folder`` as ``repo``; ``about`` are fields of Repo."""
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        self.repos[repo] = Repo(kind, files, **about)
        return self.repos[repo]

    def break_(self, where: str, **how: Any) -> Fault:
        """From now on requests for ``where`` go wrong as ``how`` says (see :class:`Fault`)."""
        fault = Fault(where, **how)
        self.faults.append(fault)
        return fault

    def fault_for(self, path: str) -> Fault | None:
        for fault in self.faults:
            wanted = fault.where.split("#")
            if fault.times > 0 and all(part in unquote(path) for part in wanted):
                fault.times -= 1
                return fault
        return None

    def asked(self, where: str) -> list[Request]:
        """The requests whose address contains ``where``."""
        return [request for request in self.requests if where in unquote(request.path)]

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def loopback_hub() -> Iterator[LoopbackHub]:
    """A hub that lives as long as the block."""
    hub = LoopbackHub()
    try:
        yield hub
    finally:
        hub.close()


def closed_address() -> str:
    """An address on which nobody listens."""
    with loopback_hub() as hub:
        return hub.address
