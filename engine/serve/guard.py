"""Who may ask: whoever has the key; without one, this machine under its own names only. Needs
Starlette: import this module inside functions only."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.serve.address import LOOPBACK_NAMES
from engine.serve.request import Refusal
from engine.words import t


class Guard:
    """Lets a request through to ``app``, or answers it as OpenAI answers a wrong key."""

    def __init__(
        self, app: ASGIApp, key: str | None, loopback: bool, refused: Callable[[int, str], None]
    ) -> None:
        self._app = app
        self._key = key
        self._loopback = loopback
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        self._refused(refusal.status, refusal.code or refusal.kind)
        response = JSONResponse(refusal.document(), status_code=refusal.status)
        await response(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refusal | None:
        if scope["path"] == "/health":
            return None
        headers = Headers(scope=scope)
        if self._key is not None:
            return None if self._has_key(headers) else _wrong_key()
        # A page from elsewhere may have its own name point at this machine, to ask as if from here.
        host = urlsplit(f"//{headers.get('host', '')}").hostname
        if self._loopback and host not in LOOPBACK_NAMES:
            return Refusal(403, t("serve.api.foreign_host"), code="foreign_host")
        return None

    def _has_key(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        expected = (self._key or "").encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), expected)


def _wrong_key() -> Refusal:
    return Refusal(401, t("serve.api.wrong_key"), code="invalid_api_key")
