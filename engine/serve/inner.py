"""Asking an HTTP server behind a Unix socket: one request, its events as they come."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_EVENT = "data: "
_ERROR = '{"error": "'  # what follows may be anything: transformers serve puts it in unescaped


class InnerFault(Exception):
    """The server answered with an error; the text is its own."""


class InnerGone(Exception):
    """The server is not there, or went away in the middle."""


class Asking:
    """A request under way. :meth:`close` may be called from any thread, more than once."""

    def __init__(self, path: Path, where: str, body: dict[str, Any]) -> None:
        """Send ``body`` and wait for the head of the answer. Raises InnerFault, InnerGone."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(path))
            connection = http.client.HTTPConnection("transformers-serve")
            connection.sock = self._socket
            content = json.dumps(body)
            connection.request("POST", where, content, {"Content-Type": "application/json"})
            self._answer = connection.getresponse()
            refused = self._answer.read() if self._answer.status != 200 else None
        except (OSError, http.client.HTTPException) as error:
            self._socket.close()
            raise InnerGone(str(error)) from error
        if refused is not None:
            self._socket.close()
            raise InnerFault(refused.decode("utf-8", "replace"))

    def events(self) -> Iterator[dict[str, Any]]:
        """The JSON of each event. Raises InnerFault, InnerGone."""
        try:
            for line in self._answer:
                text = line.decode("utf-8", "replace").strip()
                if text.startswith(_EVENT + _ERROR):
                    raise InnerFault(text[len(_EVENT + _ERROR) :].removesuffix('"}'))
                if text.startswith(_EVENT):
                    yield json.loads(text[len(_EVENT) :])
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise InnerGone(str(error)) from error

    def close(self) -> None:
        """Leave: the server gives the answer up after its next token."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._answer.close()
        self._socket.close()
