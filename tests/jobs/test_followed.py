"""What a job of its own process does is followed, paused and cancelled as if it were done here."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.data.fetch import Copy, _remember, to_fetch
from engine.errors import DanluError, Fix
from engine.job import Job, Part
from engine.jobs.record import JobRecord, job_records, new_record
from engine.jobs.state import JobState
from tests.jobs.test_lasting import until
from tests.source import ROOT
from tests.tui.wizard_parts import wizard
from tui.cli.lasting_job import FOLDER_VARIABLE
from tui.fetching import bring_data
from tui.followed_job import follow
from tui.main import main
from tui.outcome import Outcome, outcome_of

_FETCH = """
import argparse, sys, time
from engine.data.fetch import Copy, _remember, to_fetch
from engine.errors import DanluError, Fix
from engine.job import Part
from tui.cli.lasting_job import lasting_job
with lasting_job(argparse.Namespace(verb="fetch", given=["fetch"])) as job:
    job.pausable = True
    for done in range(60 if "{last}" == "owner/short" else 100_000):
        job.wait_while_paused()
        job.report("download", done, 100_000, "bytes", [Part("a.bin", done, 100_000)])
        time.sleep(0.02)
        if done == 50 and "{last}" == "fails":
            fix = Fix("take", {{"model.source": "owner/other"}})
            names = dict.fromkeys(("hub", "name", "repo", "source", "reason"), "x")
            raise DanluError("hub.called_otherwise", fixes=[fix], other="owner/other", **names)
    job.keep({{"folder": "/there"}})
"""


@pytest.fixture(autouse=True)
def slow_download(danlu_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``danlu fetch`` takes a second, or for ever, and needs no hub."""

    def start(command: Sequence[str], about: Sequence[str]) -> JobRecord:
        record = new_record(command, about)
        told = {FOLDER_VARIABLE: str(record.path), "DANLU_HOME": str(danlu_home)}
        script = _FETCH.format(last=command[-1])
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=told)
        return record

    monkeypatch.setattr("tui.followed_job.start_command", start)


class Followed(threading.Thread):
    """A follower at work."""

    def __init__(self, *command: str) -> None:
        super().__init__(daemon=True)
        self.command, self.job = command, Job()
        self.outcome: Outcome[dict[str, Any]] | None = None
        self.start()

    def run(self) -> None:
        self.outcome = outcome_of(lambda job: follow(self.command, job), self.job)

    def until(self, true: Callable[[JobState], bool]) -> None:
        until(lambda: bool(job_records()) and true(job_records()[0].state()))


@pytest.mark.slow
def test_two_that_want_the_same_follow_one_job_and_get_what_it_made() -> None:
    first = Followed("fetch", "owner/short")
    first.until(lambda state: state.done > 0)
    second = Followed("fetch", "owner/short")
    until(lambda: second.job.progress.parts != ())
    assert second.job.progress.phase == "download" and second.job.pausable
    assert second.job.progress.parts[0].name == "a.bin"
    for each in (first, second):
        each.join(60)
        assert each.outcome is not None and each.outcome.result == {"folder": "/there"}
    assert len(job_records()) == 1


def test_it_pauses_as_its_follower_does_and_the_other_way_round(
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = Followed("fetch", "owner/one")
    here.until(lambda state: state.pausable)
    here.job.pause()
    here.until(lambda state: state.paused)
    (record,) = job_records()
    done = record.state().done
    assert main(["jobs", "--go-on", record.name]) == 0
    until(lambda: not here.job.paused)
    here.until(lambda state: state.done > done)
    assert main(["jobs", "--pause", record.name]) == 0
    until(lambda: here.job.paused)
    here.job.cancel()
    here.join(60)
    assert here.outcome is not None and here.outcome.cancelled
    assert record.state().status == "cancelled" and not record.state().paused
    assert main(["jobs", "--pause", record.name, "--json"]) == 1
    assert "jobs.not_running" in capsys.readouterr().out


@pytest.mark.slow
def test_what_it_failed_of_comes_with_the_change_that_mends_it() -> None:
    here = Followed("fetch", "fails")
    here.join(60)
    error = here.outcome.error if here.outcome else None
    assert error is not None and error.code == "hub.called_otherwise"
    assert error.fixes == (Fix("take", {"model.source": "owner/other"}),)


@pytest.mark.slow
def test_one_that_dies_says_where_its_last_words_are() -> None:
    here = Followed("fetch", "owner/one")
    here.until(lambda state: state.done > 0)
    job_records()[0].signal(9)
    here.join(60)
    error = here.outcome.error if here.outcome else None
    assert isinstance(error, DanluError) and error.code == "jobs.died"
    assert "log.txt" in error.fix_text(error.fixes[0])


def test_files_under_way_are_told_with_their_pace() -> None:
    state = JobState()
    told = {"name": "download", "done": 5, "total": 9, "unit": "bytes", "first": 2, "pace": 1.5}
    state.add({"kind": "phase", "time": time.time(), **told, "parts": [["a", 1, 2]]})
    assert state.progress.parts == (Part("a", 1, 2),)
    assert state.progress.pace == 1.5 and state.progress.first == 2


def test_data_sets_that_are_not_here_are_fetched_by_jobs_that_outlive_the_wizard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tui.fetching._failed", {})
    _, draft = wizard(
        "data", {"data": {"train": [{"source": "hf::some/rows#50"}, {"source": "x.csv"}]}}
    )
    asked: list[list[str]] = []
    ended: list[bool] = []

    def followed(command: list[str], job: Job, *, ends: Callable[[], bool]) -> None:
        asked.append(command)
        ended.append(ends())
        draft.change({"data.train": [{"source": "x.csv"}]})
        ended.append(ends())
        raise DanluError("jobs.died", name="fetch", log="")  # told by whoever reads the rows

    monkeypatch.setattr("tui.fetching.follow", followed)
    bring_data(draft, Job())
    assert asked == [["fetch", "some/rows", "--dataset", "--hub", "huggingface"]]
    assert ended == [False, True], "it ends once nobody wants it"
    draft.change({"data.train": [{"source": "hf::some/rows#50"}]})
    bring_data(draft, Job())
    assert len(asked) == 1, "what just failed is not tried at every key"
    draft.change({"data.train": [{"source": "ms::other/rows"}]})
    target = to_fetch(draft.spec.data.train[0])[0]
    _remember(target, Copy("modelscope", tmp_path, None))
    bring_data(draft, Job())
    assert len(asked) == 1, "it is here"


@pytest.mark.slow
def test_one_that_is_cancelled_elsewhere_is_not_fetched_here_instead() -> None:
    here = Followed("fetch", "owner/one")
    here.until(lambda state: state.done > 0)
    job_records()[0].end()
    here.join(60)
    error = here.outcome.error if here.outcome else None
    assert error is not None and error.code == "jobs.ended_elsewhere"
