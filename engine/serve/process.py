"""The serving process (run as a module with a serving's folder): loads, serves, keeps the journal.
Imports torch and transformers inside functions only.

It has a session of its own, so that no terminal takes it along; SIGTERM ends it.

It does not start ``transformers serve`` (read in 5.23): that takes no key, loads every request's
model id afresh from disk or hub with no adapters by name on one base, goes by absolute paths for
local models, and refuses ``stream_options``. So what vLLM does not serve is served by our own thin
API over the same loop that chats and verifies, which answers as what was verified did.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from engine import words
from engine.errors import DanluError, fault_of
from engine.job import Job
from engine.jobs.journalling import JournallingJob
from engine.process_folder import LOG_NAME
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from engine.serve.address import is_loopback, listen, url_of
from engine.serve.key import forget_key, read_key
from engine.serve.plan import Plan
from engine.serve.serving import PLAN_NAME

if TYPE_CHECKING:
    from engine.serve.request import Asked
    from engine.serve.speaker import Answer

_GRACE = 2  # seconds that answers under way get when the server is told to end


class Told(BaseException):
    """The server was told to end."""


def main(folder: Path) -> int:
    """Serve what the plan in ``folder`` says until told to end. Returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _log_to_standard_error()
    lock, journal = RunLock(folder), JournalWriter(folder)
    try:
        plan = Plan.from_json((folder / PLAN_NAME).read_text(encoding="utf-8"))
        words.use_language(plan.language)
        journal.write("status", status="starting", pid=os.getpid(), backend=plan.backend)
        _serve(plan, read_key(folder) if plan.requires_key else None, folder, journal)
    except Told:
        pass
    except DanluError as error:
        return _failed(journal, error)
    except Exception as fault:
        traceback.print_exception(fault)
        reason = fault_of(fault)
        return _failed(
            journal, DanluError("serve.broke", exit_code=3, reason=reason, log=folder / LOG_NAME)
        )
    finally:
        forget_key(folder)
    journal.write("status", status="ended")
    lock.release()
    return 0


def _end(*_: object) -> NoReturn:
    raise Told


def _failed(journal: JournalWriter, error: DanluError) -> int:
    journal.write("error", exit_code=error.exit_code, **error.document())
    journal.write("status", status="failed")
    return error.exit_code


def _serve(plan: Plan, key: str | None, folder: Path, journal: JournalWriter) -> None:
    listening = listen(plan.host, plan.port)
    job = JournallingJob(journal)
    if plan.backend == "vllm":
        from engine.serve.vllm import serve_with_vllm

        serve_with_vllm(plan, key, listening, journal, job)
    else:
        _serve_here(plan, key, listening, journal, job)


def _serve_here(
    plan: Plan, key: str | None, listening: socket.socket, journal: JournalWriter, job: Job
) -> None:
    import uvicorn

    from engine.serve.app import build_app
    from engine.serve.speaker import Speaker

    speaker = Speaker.load(plan, job, lambda *heard: _journal_answer(journal, *heard))
    app = build_app(
        speaker,
        key,
        is_loopback(plan.host),
        lambda status, code: _journal_refusal(journal, status, code),
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            timeout_graceful_shutdown=_GRACE,
        )
    )
    _end_through(server)
    _say_serving(plan, listening, journal)
    try:
        asyncio.run(server.serve(sockets=[listening]))
    finally:
        speaker.close()


def _end_through(server: Any) -> None:
    """From now on a signal ends the server in good order. Its library raises the signal once more
    afterwards, which must not end the process before the journal says so."""

    def end(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _say_serving(plan: Plan, listening: socket.socket, journal: JournalWriter) -> None:
    port = listening.getsockname()[1]
    journal.write("status", status="serving", url=url_of(plan.host, port), port=port)


def _journal_answer(
    journal: JournalWriter, asked: Asked, answer: Answer, failure: Exception | None
) -> None:
    """What a request took; never what was asked or answered, which is its sender's."""
    facts = answer.facts
    if failure is not None and not isinstance(failure, DanluError):
        traceback.print_exception(failure)
    journal.write(
        "request",
        model=asked.model,
        stream=asked.stream,
        prompt_tokens=facts.prompt_tokens,
        tokens=facts.tokens,
        seconds=facts.seconds,
        waited=facts.waited,
        tokens_per_second=facts.tokens_per_second,
        finish="error" if failure else facts.finish,
        code=getattr(failure, "code", type(failure).__name__) if failure else None,
    )


def _journal_refusal(journal: JournalWriter, status: int, code: str) -> None:
    journal.write("refused", status=status, code=code)


def _log_to_standard_error() -> None:
    """Standard error is the serving's log."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")


if __name__ == "__main__":
    code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    # At once: the thread that speaks may be in the middle of a token.
    os._exit(code)
