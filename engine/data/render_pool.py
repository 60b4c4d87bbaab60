"""Processes that render rows side by side: as many as the machine has cores and memory for.

A process that dies (killed where memory ends, say) costs nothing but time: its rows are rendered
by this one, and the others go on. Rows come out in their order, the same whoever rendered them.
Processes are started anew, not forked, so it matters not what this one holds: threads, a screen, a
card.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError  # its own before Python 3.11
from typing import TYPE_CHECKING, Any

from engine.child_process import module_command
from engine.data.conversation import Conversation
from engine.data.render_process import Packed, read_frame, write_frame
from engine.hardware import cores, free_ram
from engine.job import Job

if TYPE_CHECKING:
    from engine.data.render_many import Rendering

MOST = 8  # processes: reading the rows keeps no more of them busy
FEWEST_ROWS = 20_000  # below it starting processes takes as long as they save
_NEEDS = 400 << 20  # bytes a process takes while it works
_SPARE = 1 << 30  # bytes left to all else
_SHORT = 256 << 20  # bytes: with less left the processes are given up one by one
_AHEAD = 3  # batches under way for each process
_POLL = 0.2  # seconds between looks whether the person cancelled
_LOOK = 1.0  # seconds between looks at what memory is left
_ENVIRONMENT = {
    "TOKENIZERS_PARALLELISM": "false",
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
}


class Lost(Exception):
    """The process that was to render a batch is gone."""


def process_count(wanted: int | None, rows: int, job: Job) -> int:
    """How many processes to start for so many ``rows``: ``wanted``, or (None) as many as pay; fewer
    where memory is short, which is told. 1 is none beside this one."""
    pays = cores() > 2 and rows >= FEWEST_ROWS
    count = wanted or (min(cores(), MOST) if pays else 1)
    room = max(1, (free_ram() - _SPARE) // _NEEDS)
    if count > room:
        job.note("note_data.fewer_processes", count=room, wanted=count)
    return min(count, room)


class RenderPool:
    """``count`` processes that render rows for this one; use it as a context. With one it does
    nothing, and :attr:`alive` is 0."""

    def __init__(self, rendering: Rendering, count: int, job: Job) -> None:
        self._rendering, self._wanted, self._job = rendering, count, job
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads: list[threading.Thread] = []
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._notes: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._one_less = threading.Event()
        self._looked = 0.0
        self.alive = 0

    def __enter__(self) -> RenderPool:
        if self._wanted > 1:
            for _ in range(self._wanted):
                self._start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # unsent bytes to a process that has ended
                    if pipe:
                        pipe.close()

    @property
    def ahead(self) -> int:
        """How many batches to have under way."""
        return self.alive * _AHEAD

    def submit(self, batch: list[Conversation]) -> Future[list[Packed]]:
        """Have a batch rendered. The future raises Lost where it has to be done here."""
        task = _Task([(each.messages, each.tools) for each in batch], Future())
        with self._lock:
            if self.alive:
                self._tasks.put(task)
            else:
                task.answer.set_exception(Lost())
        return task.answer

    def wait(self, answer: Future[list[Packed]]) -> list[Packed] | None:
        """The answer; None where the batch has to be done here. Raises Cancelled."""
        self._look_at_memory()
        while True:
            while not self._notes.empty():
                code, left = self._notes.get()
                self._job.note(f"note_data.{code}", count=max(1, left))
            try:
                return answer.result(timeout=_POLL)
            except FutureTimeoutError:
                self._job.check()
            except Lost:
                return None

    def _start(self) -> None:
        try:
            process = subprocess.Popen(
                module_command("engine.data.render_process"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT},
                start_new_session=True,  # Ctrl-C in the terminal is this process's to handle
            )
            self._processes.append(process)
            thread = threading.Thread(target=self._serve, args=(process,), daemon=True)
            self.alive += 1
            thread.start()
        except (OSError, RuntimeError, MemoryError):  # no more processes or threads: these do
            self.alive = len(self._threads)
            return
        self._threads.append(thread)

    def _serve(self, process: subprocess.Popen[bytes]) -> None:
        """Give one process task after task, until it ends or is given up."""
        assert process.stdin and process.stdout
        task, code = None, "process_lost"
        try:
            write_frame(process.stdin, self._rendering)
            while (task := self._tasks.get()) is not None:
                write_frame(process.stdin, task.rows)
                task.answer.set_result(read_frame(process.stdout))
                if self._is_the_one_less():
                    code = "memory_short"
                    break
        except Exception:  # the process is gone, or cannot be told how rows are rendered
            if task is not None and not task.answer.done():
                task.answer.set_exception(Lost())
        finally:
            process.kill()
            process.wait()
            self._ended(code)

    def _ended(self, code: str) -> None:
        """One process less; with the last of them what still waits is done here."""
        with self._lock:
            self.alive -= 1
            self._notes.put((code, self.alive))
            while not self.alive and not self._tasks.empty():
                task = self._tasks.get()
                if task is not None:
                    task.answer.set_exception(Lost())

    def _is_the_one_less(self) -> bool:
        with self._lock:
            chosen = self._one_less.is_set()
            self._one_less.clear()
        return chosen

    def _look_at_memory(self) -> None:
        """Give a process up where memory is short; that makes room for the others."""
        if self.alive and time.monotonic() - self._looked > _LOOK:
            self._looked = time.monotonic()
            if free_ram() < _SHORT:
                self._one_less.set()


class _Task:
    """Rows to render: messages and tools of each."""

    def __init__(self, rows: list[tuple[Any, Any]], answer: Future[list[Packed]]) -> None:
        self.rows, self.answer = rows, answer
