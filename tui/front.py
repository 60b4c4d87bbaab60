"""The process in front: it waits for the one that works, and gives the shell back when told.

A training cannot be moved to another process, nor can its process be put in the background by
itself. So danlu works in a child from the start; detaching ends only the process in front.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from engine.errors import DanluError
from tui.cli.show_error import show_error, show_fault


class Front:
    """The child's line to the process in front of it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def let_go(self) -> None:
        """Tell the process in front to end: the person has the shell again, the work goes on."""
        with suppress(BrokenPipeError):  # it may have ended with the terminal
            os.write(self._descriptor, b"d")
        os.close(self._descriptor)


def behind_front(work: Callable[[Front], int]) -> int:
    """Do ``work`` in a child; return its exit code, or 0 as soon as it lets go.

    Must be called before any thread runs: the child is forked.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work_and_exit(work, Front(writing))
    os.close(writing)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: os.kill(child, received))
    told = os.read(reading, 1)
    os.close(reading)
    if told:
        return 0
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _work_and_exit(work: Callable[[Front], int], front: Front) -> NoReturn:
    """End the child here, whatever happens: the parent's code must not run twice."""
    code = 3
    try:
        code = work(front)
    except DanluError as error:
        show_error(error)
        code = error.exit_code
    except Exception as fault:
        code = show_fault(fault)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
