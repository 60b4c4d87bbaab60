"""Long work outlives its terminal, is listed, followed and cancelled from elsewhere."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from safetensors import SafetensorError

from engine import words
from engine.errors import DanluError
from engine.home import runs_root
from engine.jobs.record import JobRecord, find_record, job_records, new_record
from engine.runs.journal import JournalWriter
from tests.source import ROOT
from tui.job_process import start_command
from tui.job_words import job_title
from tui.main import main

_ENDLESS = """
import argparse, time
from tui.cli.lasting_job import lasting_job
given = ["evaluate", "news", "rows.jsonl"]
with lasting_job(argparse.Namespace(verb="evaluate", given=given)) as job:
    for done in range(100_000):
        job.report("evaluate_tuned", done % 40, 40, "rows")
        time.sleep(0.02)
"""


@pytest.fixture
def endless(danlu_home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command at long work, which ends only when told to."""
    process = subprocess.Popen([sys.executable, "-c", _ENDLESS], cwd=ROOT, start_new_session=True)
    until(lambda: any(each.state().done > 3 for each in job_records()))
    yield process
    process.kill()
    process.wait()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def test_a_lost_terminal_does_not_end_it_and_another_cancels_it(
    endless: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    endless.send_signal(signal.SIGHUP)
    (record,) = job_records()
    at = record.state().phase_started
    until(lambda: record.state().phase_started != at)
    assert main(["--lang", "en", "jobs"]) == 0
    assert "evaluate-news  at work     Asking the model" in capsys.readouterr().out
    assert main(["jobs", "--cancel", "evaluate-news"]) == 0
    assert record.state().status == "cancelled" and not record.alive()
    assert "nothing half-made is left" in record.log_path.read_text()
    with pytest.raises(DanluError, match="not at work"):
        record.end()


def test_one_that_is_killed_is_told_apart_from_one_at_work(
    endless: subprocess.Popen[bytes],
) -> None:
    (record,) = job_records()
    assert record.state().status == "running"
    endless.kill()
    endless.wait()
    assert record.state().status == "gone"


@pytest.mark.parametrize(
    "command", [["evaluate", "no-such-run", "rows.jsonl"], ["verify", "no-such-run"]]
)
def test_a_command_that_fails_leaves_its_error_to_be_read(
    danlu_home: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main([*command, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)["error"]["code"]
    (record,) = job_records()
    state = record.state()
    assert state.status == "failed" and state.error is not None and state.error.code == said
    assert record.command() == [*command, "--json"]
    assert main(["jobs", "--follow", record.name]) == 1


def test_a_disk_that_is_full_is_said_to_be(
    danlu_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("engine.average.average.import_model_libraries", lambda: None)
    monkeypatch.setattr("engine.average.average.read_asked", full)
    (danlu_home / "a").mkdir(parents=True)
    (danlu_home / "a" / "config.json").write_text("{}")
    adapter = str(danlu_home / "a")
    asked = ["average", adapter, adapter, "--out", str(danlu_home / "mean"), "--json"]
    assert main(asked) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "jobs.disk_full"
    (record,) = job_records()
    state = record.state()
    assert state.error is not None and state.error.code == "jobs.disk_full"


def test_the_app_starts_the_same_command_in_a_process_of_its_own(danlu_home: Path) -> None:
    record = start_command(["evaluate", "no-such-run", "rows.jsonl"])
    until(lambda: not record.state().active)
    state = record.state()
    assert state.error is not None and state.error.code.startswith("chat.")


def test_it_begins_again_where_it_was_begun(
    danlu_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    (tmp_path / "there" / "rows.jsonl").write_text('{"instruction": "a", "output": "b"}\n')
    assert main(["check", "rows.jsonl", "--repair", "out.jsonl"]) == 0
    (record,) = job_records()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there" / "out.jsonl").unlink()
    again = start_command(record.command(), folder=record.begun_in())
    until(lambda: not again.state().active)
    assert (tmp_path / "there" / "out.jsonl").is_file() and again.begun_in() == record.begun_in()


def test_one_that_never_came_to_work_is_soon_known_to_be_gone(danlu_home: Path) -> None:
    record = start_command(["evaluate", "news", "rows.jsonl", "--no-such-option"])
    until(lambda: record.state().status == "gone")
    assert "--no-such-option" in "\n".join(record.last_log_lines(5))


@pytest.mark.parametrize(
    ("command", "name", "title"),
    [
        (["verify", "{runs}/news/checkpoint-20"], "verify-news-checkpoint-20", "Verifying news/"),
        (["verify", "news/checkpoint-20"], "verify-news-checkpoint-20", "Verifying news/"),
        (["export", "/made/by/me", "--to", "x"], "export-me", "Exporting me"),
        (["average", "a", "b", "--rank", "8"], "average-a", "Averaging a + b"),
        (["verify", "--gate"], "verify", "verify"),
    ],
)
def test_it_is_called_after_what_it_does_and_to_what(
    danlu_home: Path, command: list[str], name: str, title: str
) -> None:
    record = new_record([word.format(runs=runs_root()) for word in command])
    assert record.name == name and job_title(record).startswith(title)


def test_what_another_version_of_danlu_wrote_is_read_as_it_stands(danlu_home: Path) -> None:
    record = new_record(["push", "identity", "ember/x"])
    journal = JournalWriter(record.path)
    journal.write("note", code="publish.sent", values={"renamed": 1})
    gone = {"what": "It broke.", "why": "So it was.", "fixes": [{"name": "a"}], "values": {}}
    for code in ("publish.token_refused", "publish.unheard_of", "unheard_of.area"):
        journal.write("error", exit_code=3, code=code, **gone)
        error = record.document()["error"]
        assert (error["what"], error["why"]) == ("It broke.", "So it was.")
    journal.close()
    assert not any(words.sayable(code, values) for _, code, values in record.state().notes)


def test_the_oldest_that_ended_are_forgotten(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.record._KEPT", 3)
    for _ in range(6):
        ended(new_record(["export", "news"]))
    assert len(job_records()) == 4  # the last one was made after the sweep
    assert job_records()[0].command_line() == "danlu export news"
    with pytest.raises(DanluError, match="no job"):
        find_record("export-other")


def ended(record: JobRecord) -> None:
    journal = JournalWriter(record.path)
    journal.write("status", status="running", pid=1)
    journal.write("status", status="finished")
    journal.close()
    (record.path / "lock").touch()
