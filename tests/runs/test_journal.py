"""The journal: readable after a power cut at any byte, followed in bounded bites."""

from __future__ import annotations

import json
import math
import threading
from pathlib import Path

import pytest

from engine.runs import journal as journal_module
from engine.runs.journal import JOURNAL_NAME, JournalFollower, JournalWriter, read_journal


def write_some(folder: Path, count: int = 4) -> bytes:
    writer = JournalWriter(folder)
    for step in range(1, count + 1):
        writer.write("step", step=step, loss=1.0 / step, text="你是谁？\n\u2028")
    writer.close()
    return (folder / JOURNAL_NAME).read_bytes()


def test_torn_at_any_byte_the_whole_lines_are_read_and_writing_goes_on(tmp_path: Path) -> None:
    whole = write_some(tmp_path, 2)
    path = tmp_path / JOURNAL_NAME
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        complete = whole[:cut].count(b"\n")
        assert [event["step"] for event in read_journal(tmp_path)] == [*range(1, complete + 1)]
        writer = JournalWriter(tmp_path)
        writer.write("status", status="preparing")
        writer.close()
        events = read_journal(tmp_path)
        assert [event["seq"] for event in events] == [*range(1, complete + 2)]
        assert events[-1]["status"] == "preparing"


def test_a_torn_line_longer_than_the_tail_is_cut_off_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "_TAIL_BYTES", 50)
    whole = write_some(tmp_path)
    (tmp_path / JOURNAL_NAME).write_bytes(whole + b'{"kind":"sample","text":"' + b"x" * 500)
    writer = JournalWriter(tmp_path)
    writer.write("status", status="finished")
    writer.close()
    assert [event["seq"] for event in read_journal(tmp_path)] == [1, 2, 3, 4, 5]


def test_a_follower_waits_for_the_rest_of_a_line(tmp_path: Path) -> None:
    follower = JournalFollower(tmp_path)
    assert follower.poll() == []
    whole = write_some(tmp_path, 2)
    path = tmp_path / JOURNAL_NAME
    seen: list[int] = []
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        seen += [event["step"] for event in follower.poll()]
        assert len(seen) == whole[:cut].count(b"\n")
    assert seen == [1, 2]


def test_a_follower_reads_in_bites_and_misses_nothing(tmp_path: Path) -> None:
    write_some(tmp_path, 25)
    follower = JournalFollower(tmp_path)
    bites = [follower.poll(max_lines=10) for _ in range(4)]
    assert [len(bite) for bite in bites] == [10, 10, 5, 0]
    assert [event["step"] for bite in bites for event in bite] == [*range(1, 26)]
    assert len(JournalFollower(tmp_path).poll(max_seconds=-1.0)) == 1  # time is up at once


def test_foreign_lines_are_left_out(tmp_path: Path) -> None:
    whole = write_some(tmp_path, 2)
    lines = b'not json\n[1]\n{"a":1}\n\xff\xfe\n\n{"kind":"step"}\n'
    (tmp_path / JOURNAL_NAME).write_bytes(lines + whole)
    assert [event["step"] for event in read_journal(tmp_path)] == [1, 2]


def test_a_journal_deleted_while_followed_ends_quietly(tmp_path: Path) -> None:
    write_some(tmp_path)
    follower = JournalFollower(tmp_path)
    assert follower.poll()
    (tmp_path / JOURNAL_NAME).unlink()
    assert follower.poll() == []


def test_what_json_cannot_say_becomes_null(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.write("step", loss=math.nan, more={"a": [math.inf, 1.0]}, text="\ud800")
    writer.close()
    event = json.loads((tmp_path / JOURNAL_NAME).read_text(encoding="utf-8"))
    assert event["loss"] is None and event["more"] == {"a": [None, 1.0]}


def test_threads_write_whole_lines_in_one_order(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)

    def work(name: str) -> None:
        for _ in range(200):
            writer.write("log", level="info", text=name * 50)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert [event["seq"] for event in read_journal(tmp_path)] == [*range(1, 801)]


def test_after_half_a_line_on_a_full_disk_the_next_event_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = JournalWriter(tmp_path)
    real = journal_module.os.write
    state = {"calls": 0}

    def full_disk(descriptor: int, data: bytes) -> int:
        state["calls"] += 1
        if state["calls"] == 2:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:10]) if state["calls"] == 1 else real(descriptor, data)

    monkeypatch.setattr(journal_module.os, "write", full_disk)
    with pytest.raises(OSError):
        writer.write("step", step=1)
    writer.write("step", step=2)
    monkeypatch.undo()
    writer.close()
    assert [event["step"] for event in read_journal(tmp_path)] == [2]
