"""Rows rendered by several processes are the same as by one, whatever becomes of the processes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from engine import words
from engine.data import render_many as many
from engine.data import render_pool
from engine.data.encode import Encoder
from engine.data.prepare import prepare
from engine.data.render_pool import RenderPool, process_count
from engine.data.report import SourceReport
from engine.job import Cancelled, Job
from engine.spec.run_spec import RunSpec
from tests.data.templates import tokenizer_of
from tests.data.test_render_many import ROWS, said

NOTES = ("note_data.process_lost", "note_data.memory_short")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "_BATCH", 8)


def rows(count: int) -> list[Any]:
    more = [said(("user", f"{n}?"), ("assistant", f"It is {n}. " * (n % 9 + 1))) for n in range(90)]
    return ([*ROWS, *more] * 9)[:count]


def encoded(count: int, pool: RenderPool | None = None) -> Iterator[Any]:
    encoder = Encoder(tokenizer_of("QWEN25"), 30)
    for _, made in encoder.encode_many(rows(count), SourceReport(""), pool):
        yield made and (made.input_ids, made.labels, made.cut, made.notes, made.special_ids)


def started(job: Job, count: int = 2) -> RenderPool:
    return Encoder(tokenizer_of("QWEN25"), 30).pool(count, job)


def gone(pool: RenderPool) -> bool:
    ended = all(process.returncode is not None for process in pool._processes)
    return ended and not any(thread.is_alive() for thread in pool._threads)


def test_processes_render_what_one_does_and_one_that_is_killed_costs_no_row() -> None:
    job = Job()
    with started(job) as pool:
        assert pool.alive == 2
        made = encoded(700, pool)
        got = list(islice(made, 40))
        os.kill(pool._processes[0].pid, signal.SIGKILL)
        got += islice(made, 400)
        os.kill(pool._processes[1].pid, signal.SIGKILL)
        got += made
        assert pool.alive == 0
    assert got == list(encoded(700)) and gone(pool)
    assert [code for code, _ in job.notes if code in NOTES][:1] == ["note_data.process_lost"]
    assert "1" in words.t(job.notes[0][0], **job.notes[0][1])


@pytest.mark.slow
def test_the_file_of_rows_is_the_same_by_any_number_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"query": "{n}?", "response": "{n}!"}}\n' for n in range(999)))
    files = []
    for count in (1, 2, 3):
        monkeypatch.setenv("DANLU_HOME", str(tmp_path / str(count)))
        data = {"train": [f"{path}#700"], "dataset_num_proc": count, "eval_fraction": 0.1}
        made = prepare(RunSpec.from_mapping({"data": data}), tokenizer_of("QWEN25"), Job())
        ((file, _),) = ((f, 0) for f in (tmp_path / str(count)).rglob("rows.arrow"))
        files.append((file.parent.name, file.read_bytes(), made.report.document()))
        assert made.eval is not None
    assert files[0] == files[1] == files[2]


@pytest.mark.slow
def test_where_memory_is_short_processes_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job()
    monkeypatch.setattr(render_pool, "_LOOK", 0.0)
    monkeypatch.setattr(render_pool, "free_ram", lambda: 1 << 20)
    with started(job) as pool:
        assert list(encoded(800, pool)) == list(encoded(800))
    assert pool.alive == 0 and gone(pool)
    assert [code for code, _ in job.notes][:1] == ["note_data.memory_short"]


@pytest.mark.slow
def test_cancelling_ends_them_all() -> None:
    job = Job()
    before = threading.active_count()
    with pytest.raises(Cancelled), started(job) as pool:
        made = encoded(800, pool)
        next(made)
        for process in pool._processes:
            os.kill(process.pid, signal.SIGSTOP)  # even those that never answer
        job.cancel()
        list(made)
    assert gone(pool) and threading.active_count() == before


def test_there_are_as_many_as_pay_and_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_pool, "cores", lambda: 16)
    monkeypatch.setattr(render_pool, "free_ram", lambda: 64 << 30)
    job = Job()
    many_rows = render_pool.FEWEST_ROWS
    assert process_count(None, many_rows - 1, job) == 1
    assert process_count(None, many_rows, job) == render_pool.MOST
    assert process_count(12, 5, job) == 12 and job.notes == []
    monkeypatch.setattr(render_pool, "free_ram", lambda: 2 << 30)
    assert process_count(None, many_rows, job) == 2
    monkeypatch.setattr(render_pool, "free_ram", lambda: 0)
    assert process_count(4, 5, job) == 1
    assert [words.t(code, **values) for code, values in job.notes][1].count("4") == 1
    monkeypatch.setattr(render_pool, "cores", lambda: 2)
    assert process_count(None, many_rows, Job()) == 1


def test_where_no_process_can_be_started_this_one_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(render_pool.subprocess, "Popen", refused)
    with started(Job()) as pool:
        assert pool.alive == 0
        assert list(encoded(50, pool)) == list(encoded(50))
