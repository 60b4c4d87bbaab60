"""The serving process (run as a module with a serving's folder): loads, serves, keeps the journal.
Imports torch and transformers inside functions only.

It has a session of its own, so that no terminal takes it along; SIGTERM ends it.

vLLM aside, what clients meet is danlu's own front (:mod:`engine.serve.app`), whoever answers behind
it. ``transformers serve`` by itself takes no key, knows no names, lists the hub's cache and loads
whatever a request names, so it runs behind that front (:mod:`engine.serve.transformers_serve`).
Where it turns out that it cannot serve the plan, danlu's own loop, the one that chats and verifies,
answers instead, unless a person named the backend.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from engine import words
from engine.errors import DanluError, fault_of
from engine.jobs.journalling import JournallingJob
from engine.process_folder import LOG_NAME
from engine.runs.atomic import write_atomically
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from engine.serve.address import is_loopback, listen, url_of
from engine.serve.key import forget_key, read_key
from engine.serve.plan import Plan
from engine.serve.serving import PLAN_NAME
from engine.serve.transformers_fit import refusal

if TYPE_CHECKING:
    from engine.serve.answer import Answer
    from engine.serve.request import Asked
    from engine.serve.speaker import Speaker

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
        _serve_here(plan, key, listening, folder, job)


def _serve_here(
    plan: Plan, key: str | None, listening: socket.socket, folder: Path, job: JournallingJob
) -> None:
    import uvicorn

    from engine.serve.app import build_app

    journal = job.journal
    speaker = _speaker(plan, folder, job)
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
    end = _end_through(server)
    speaker.when_ended(end)
    _say_serving(plan, listening, journal)
    try:
        asyncio.run(server.serve(sockets=[listening]))
        if failure := speaker.ended():
            raise failure
    finally:
        speaker.close()


def _speaker(plan: Plan, folder: Path, job: JournallingJob) -> Speaker:
    """Who answers: as planned, or danlu's own loop where that cannot be, which is told."""
    from engine.serve.loaded import Loaded
    from engine.serve.relay import Relay, Unserved

    def heard(*answered: Any) -> None:
        _journal_answer(job.journal, *answered)

    if plan.backend == "transformers":
        try:
            return Relay.load(plan, job, heard)
        except Unserved as failure:
            if plan.asked:
                raise refusal(failure.why) from failure
            job.note("serve.fell_back", reason=failure.why.text())
            plan = replace(plan, backend="danlu", why=(*plan.why, failure.why))
            write_atomically(folder / PLAN_NAME, plan.to_json())
    return Loaded.load(plan, job, heard)


def _end_through(server: Any) -> Callable[..., None]:
    """From now on a signal ends the server in good order, as does a call of what is given back. Its
    library raises the signal once more afterwards, which must not end the process before the
    journal says so."""

    def end(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return end


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
    elif failure is not None and failure.exit_code == 3:  # the server's own, not the client's
        logging.error(failure)
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
