"""Jobs are listed, looked at, cancelled; one that has ended shows what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import words
from engine.errors import DanluError
from engine.jobs.record import JobRecord, new_record
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import settle, until
from tui.app import DanluApp
from tui.screens.confirm import ConfirmScreen
from tui.screens.jobs import JobsScreen
from tui.screens.login import LoginScreen
from tui.screens.running_job import RunningJobScreen

NOW = 1_800_000_000.0
PUSH = ["push", "identity", "ember/little-furnace", "--hub", "modelscope", "--card", "en"]


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: NOW)
    log = property(lambda record: Path("/home/me/danlu/jobs") / record.name / "log.txt")
    monkeypatch.setattr(JobRecord, "log_path", log)


@pytest.fixture
def at_work(danlu_home: object) -> Iterator[JobRecord]:
    """A push that has sent one file of three and is at the second."""
    record = new_record(PUSH)
    lock, journal = RunLock(record.path), JournalWriter(record.path)
    journal.write("status", status="running", pid=1)
    note = {"hub": "ModelScope", "repo": "ember/little-furnace"}
    journal.write("note", code="publish.created_private", values=note)
    sent = {"file": "README.md", "size": "2.3 KiB", "number": 1, "count": 3}
    journal.write("note", code="publish.sent", values=sent)
    journal.write("phase", name="push_upload", done=3_500_000, total=9_860_000, unit="bytes")
    yield record
    journal.close()
    lock.release()


def ended(error: DanluError | None = None, command: list[str] = PUSH) -> JobRecord:
    record = new_record(command)
    RunLock(record.path).release()
    journal = JournalWriter(record.path)
    journal.write("status", status="running", pid=1)
    if error is not None:
        journal.write("error", exit_code=1, **error.document())
    journal.write("status", status="failed" if error else "finished")
    journal.close()
    return record


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_one_at_work_says_where_it_is(language: str, at_work: JobRecord) -> None:
    words.use_language(language)
    app = DanluApp(first=RunningJobScreen(at_work))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await until(pilot, lambda: "README.md" in screen_text(app))
        assert_snapshot(app, f"job-80x24-{language}")
        await pilot.press("x")
        assert isinstance(app.screen, ConfirmScreen)


async def test_home_and_the_list_lead_to_it(
    at_work: JobRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended()
    app = DanluApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Publishing identity" in screen_text(app) and "35 %" in screen_text(app)
        await pilot.press("9")
        await until(pilot, lambda: "done" in screen_text(app))
        assert isinstance(app.screen, JobsScreen)
        assert screen_text(app).index("at work") < screen_text(app).index("done")
        await pilot.press("enter")
        assert isinstance(app.screen, RunningJobScreen)


async def test_one_that_is_done_says_what_it_made() -> None:
    record = ended()
    url = "https://modelscope.cn/models/ember/little-furnace"
    record.keep_result({"url": url, "private": True})
    app = DanluApp(first=RunningJobScreen(record))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: url in screen_text(app))
        assert words.t("jobs.pushed_private") in screen_text(app)


async def test_an_average_that_is_done_says_of_what_and_is_talked_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = ended(command=["average", "a/checkpoint-8", "b/checkpoint-8", "--out", "/mean"])
    parts = [{"target": f"{run}/checkpoint-8", "weight": 0.5, "rank": 8} for run in "ab"]
    sizes = {"bytes": 9_000_000, "rank": 16, "layers": 210, "exact": True, "kept": 1.0}
    record.keep_result({"folder": "/mean", "adapters": parts, **sizes})
    talked: list[str] = []

    def chat(target: str) -> ConfirmScreen:
        talked.append(target)
        return ConfirmScreen("", "")

    monkeypatch.setattr("tui.screens.chat.ChatScreen", chat)
    app = DanluApp(first=RunningJobScreen(record))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: words.t("average.exact") in screen_text(app))
        assert "50.0%  b/checkpoint-8" in screen_text(app)
        await pilot.press("c")
    assert talked == ["/mean"]


async def test_one_that_wanted_a_token_asks_for_it_before_it_begins_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = DanluApp(first=RunningJobScreen(ended(DanluError("publish.no_token_modelscope"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "not logged in" in screen_text(app))
        await pilot.press("r")
        assert isinstance(app.screen, LoginScreen)


async def test_one_that_failed_otherwise_begins_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(DanluApp, "start_job", lambda _, command, folder: commands.append(command))
    app = DanluApp(first=RunningJobScreen(ended(DanluError("publish.empty_token"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "No token was given" in screen_text(app))
        await pilot.press("r")
    assert commands == [PUSH]
