"""The child's side: one request from standard input, what happens as JSON lines on standard output,
an end when the parent ends."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from engine.hub.huggingface_line import limit_waiting

Say = Callable[..., None]


class Failed(Exception):
    """A named failure: its code and values."""

    def __init__(self, code: str, values: dict[str, Any]) -> None:
        super().__init__(code)
        self.code, self.values = code, values


def serve(
    work: Callable[[dict[str, Any], Say], None],
    name: Callable[[Exception, dict[str, Any]], tuple[str, dict[str, Any]]],
) -> int:
    """Serve one request with ``work``. Returns 0, or 3 when it raised: Failed, or whatever ``name``
    finds a code and values for."""
    say = _speaker()
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        if request["hub"] == "huggingface":
            limit_waiting()
        work(request, say)
    except Failed as failure:
        say("failed", code=failure.code, values=failure.values)
        return 3
    except Exception as error:  # whatever a client may raise becomes a named failure
        code, values = name(error, request)
        say("failed", code=code, values=values)
        return 3
    return 0


def leave(code: int) -> None:
    """End the process at once: on failure other threads may still be at the network."""
    sys.stdout.flush()
    os._exit(code)


@contextlib.contextmanager
def ticking(tell: Callable[[], None], seconds: float = 0.25) -> Iterator[None]:
    """While open, ``tell`` how far the work is every ``seconds``, from a thread of its own."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(seconds):
            tell()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _speaker() -> Say:
    """Events go to the real standard output; all that clients print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lock = threading.Lock()

    def say(event: str, **values: Any) -> None:
        with lock:
            print(json.dumps({"event": event, **values}), file=out, flush=True)

    return say


def _end_with_parent() -> None:
    # Not sys.stdin: a daemon thread inside its buffer would keep the interpreter from ending.
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    os._exit(130)
