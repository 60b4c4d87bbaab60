"""The OpenAI-compatible API as an ASGI application. Needs Starlette, which danlu installs without:
import this module inside functions only.

``GET /health`` · ``GET /v1/models`` · ``GET /v1/models/NAME`` · ``POST /v1/chat/completions``.
"""

from __future__ import annotations

import asyncio
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from engine.errors import DanluError, fault_of
from engine.serve.answer import Answer
from engine.serve.completion import Completion
from engine.serve.guard import Guard
from engine.serve.request import Refusal, read_request, unknown_model
from engine.serve.speaker import Speaker
from engine.words import t

_MOST_BYTES = 16 * 2**20  # of a request
_CLIENT_LEFT = 499  # nginx's status for it; nobody reads it
Refused = Callable[[int, str], None]


def build_app(speaker: Speaker, key: str | None, loopback: bool, refused: Refused) -> Guard:
    """The application. ``refused`` is told the status and code of requests that get no answer."""
    api = _Api(speaker, refused)
    app = Starlette(
        routes=[
            Route("/health", api.health),
            Route("/v1/models", api.models),
            Route("/v1/models/{name:path}", api.model),
            Route("/v1/chat/completions", api.chat, methods=["POST"]),
        ],
        exception_handlers={
            Refusal: api.refuse,
            404: api.no_such_path,
            405: api.no_such_path,
            Exception: api.broke,
        },
    )
    return Guard(app, key, loopback, refused)


class _Api:
    def __init__(self, speaker: Speaker, refused: Refused) -> None:
        self._speaker = speaker
        self._refused = refused
        self._began = int(time.time())

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def models(self, request: Request) -> Response:
        data = [self._model(name) for name in self._speaker.named]
        return JSONResponse({"object": "list", "data": data})

    async def model(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._speaker.named:
            raise unknown_model(name, self._speaker.named)
        return JSONResponse(self._model(name))

    def _model(self, name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": self._began, "owned_by": "danlu"}

    async def chat(self, request: Request) -> Response:
        asked = read_request(await _body(request), self._speaker.named)
        answer = self._speaker.ask(asked)
        if answer is None:
            raise Refusal(429, t("serve.api.busy"), code="queue_full", kind="rate_limit_error")
        completion = Completion(f"chatcmpl-{uuid.uuid4().hex}", asked)
        try:
            if asked.stream:
                return await _streamed(request, answer, completion)
            return await _whole(request, answer, completion)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        except DanluError as error:
            raise _refusal(error) from error

    async def refuse(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        self._refused(error.status, error.code or error.kind)
        return JSONResponse(error.document(), status_code=error.status)

    async def no_such_path(self, request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        path = f"{request.method} {request.url.path}"
        return JSONResponse(
            Refusal(status, t("serve.api.no_such_path", path=path)).document(), status_code=status
        )

    async def broke(self, request: Request, error: Exception) -> Response:
        failure = _broken(error)
        return JSONResponse(failure.document(), status_code=failure.status)


def _refusal(error: DanluError) -> Refusal:
    """A conversation that cannot be answered is the client's; what else has a name is ours."""
    if error.code == "chat.too_long":
        return Refusal(400, str(error), code="context_length_exceeded", param="messages")
    if error.code == "chat.template_refuses":
        return Refusal(400, str(error), code="template_refuses", param="messages")
    return Refusal(503, str(error), code=error.code, kind="server_error")


def _broken(error: Exception) -> Refusal:
    reason = fault_of(error)
    return Refusal(500, t("serve.api.broke", reason=reason), kind="server_error")


async def _body(request: Request) -> bytes:
    """The request's body. Raises Refusal for one too long, or not said to be JSON: a page in a
    browser may send other kinds to this machine unasked."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise Refusal(415, t("serve.api.json_only"))
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise Refusal(413, t("serve.api.too_large"))
    return bytes(body)


async def _whole(request: Request, answer: Answer, completion: Completion) -> Response:
    said = await _unless_left(request, answer, _gathered(answer))
    if said is None:
        return Response(status_code=_CLIENT_LEFT)
    return JSONResponse(completion.document(said, answer.facts))


async def _gathered(answer: Answer) -> str:
    return "".join([piece async for piece in answer.pieces()])


async def _streamed(request: Request, answer: Answer, completion: Completion) -> Response:
    """The first piece is waited for, so that what fails before it gets a status of its own."""
    pieces = answer.pieces()
    first = await _unless_left(request, answer, anext(pieces, ""))
    if first is None:
        return Response(status_code=_CLIENT_LEFT)
    events = _events(first, pieces, answer, completion)
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
    )


async def _events(
    first: str, pieces: AsyncIterator[str], answer: Answer, completion: Completion
) -> AsyncIterator[str]:
    try:
        yield completion.opening()
        if first:
            yield completion.piece(first)
        async for piece in pieces:
            yield completion.piece(piece)
        for event in completion.ending(answer.facts):
            yield event
    except Exception as error:
        failure = _refusal(error) if isinstance(error, DanluError) else _broken(error)
        if not isinstance(error, DanluError):
            traceback.print_exception(error)
        yield completion.failure(failure)
    finally:
        answer.cancel()  # the client may have left; a finished answer minds nothing


async def _unless_left(request: Request, answer: Answer, work: Any) -> Any:
    """What ``work`` gives, or None once the client has left; the answer is cancelled then."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        answer.cancel()
        return None
    finally:
        working.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
