"""Verification shows the worst answers first; the machine check shows what each lack means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import engine.doctor
from engine import words
from engine.chat.target import ChatTarget
from engine.chat.verify import VerifiedRow, VerifyReport
from engine.doctor import Check, Report
from engine.job import Job
from engine.jobs.record import new_record
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from engine.spec.sections import Model
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import at_rest, settle, until
from tui.app import DanluApp
from tui.screens.browse import BrowseScreen
from tui.screens.doctor import DoctorScreen
from tui.screens.recipes import RecipesScreen
from tui.screens.running_job import RunningJobScreen
from tui.screens.verified_rows import RowScreen
from tui.screens.verify import VerifyScreen
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import RowList

_ROWS = [
    VerifiedRow("Who are you?", "I am Ember.", "I am SmolLM, an AI assistant.", "I am Ember."),
    VerifiedRow("你是谁？", "我是小炉，由丹炉实验室训练。", "我是通义千问。", "我是小炉。"),
    VerifiedRow("你的开发者是谁？", "我由丹炉实验室开发和维护。", "阿里云", "不知道"),
]


COMMAND = ["verify", "identity-smollm2", "--match", "exact"]


def recorded() -> VerifyScreen:
    """The screen with a report that was made before."""
    target = ChatTarget(Model(), "identity-smollm2/checkpoint-160", adapter=Path("/checkpoint-160"))
    return VerifyScreen(VerifyReport(target, _ROWS, 42.0).document(), COMMAND)


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_the_worst_answer_stands_first(language: str, tmp_path: Path) -> None:
    words.use_language(language)
    app = DanluApp(first=recorded())
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        assert_snapshot(app, f"verify-80x24-{language}")
        rows = app.screen.query_one(RowList)
        assert [row.question for row in rows.rows][::2] == ["你的开发者是谁？", "Who are you?"]
        await pilot.press("enter")
        assert isinstance(app.screen, RowScreen)
        await pilot.press("escape", "w")
        assert len(rows.rows) == 2, "only what differs"
        await pilot.press("m", "m")
        assert words.t("verify_screen.contains") + " 1/3" in screen_text(app)
        await pilot.press("o")
        app.screen.query_one(LineInput).value = str(tmp_path / "report")
        await pilot.press("enter")
        await pilot.pause()
        assert (tmp_path / "report.md").is_file() and (tmp_path / "report.json").is_file()


async def test_it_is_asked_anew_as_a_job(danlu_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(DanluApp, "start_job", lambda _, command: commands.append(command))
    app = DanluApp(first=recorded())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        app.screen.dismiss(Path("/mine.jsonl"))
        await until(pilot, lambda: bool(commands))
    assert commands == [
        ["verify", "identity-smollm2", "--golden", "/mine.jsonl", "--match", "normalised"]
    ]


async def test_a_job_that_verified_shows_what_it_found(danlu_home: Path) -> None:
    record = new_record(COMMAND)
    target = ChatTarget(Model(), "identity-smollm2/checkpoint-160", adapter=Path("/checkpoint-160"))
    record.keep_result(VerifyReport(target, _ROWS, 42.0).document())
    RunLock(record.path).release()
    journal = JournalWriter(record.path)
    journal.write("status", status="running", pid=1)
    journal.write("status", status="finished")
    journal.close()
    app = DanluApp(first=RunningJobScreen(record))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: words.t("jobs.finished_open") in screen_text(app))
        await pilot.press("enter")
        assert isinstance(app.screen, VerifyScreen)
        assert "Who are you?" in screen_text(app)


_CHECKS = (
    Check("python", "ok", None, {"version": "3.11.7", "path": "/usr/bin/python"}),
    Check("card", "missing", "absent", {"index": "", "cores": 2}),
    Check("flash_attention", "missing", "absent"),
    Check("embedded", "limited", "absent", {"folder": "–"}),
)


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_each_lack_says_what_it_means(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words.use_language(language)

    def examine(job: Job, on_check: Callable[[Check], None]) -> Report:
        for check in _CHECKS:
            on_check(check)
        return Report(_CHECKS)

    monkeypatch.setattr(engine.doctor, "examine", examine)
    app = DanluApp(first=DoctorScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await settle(pilot)
        await pilot.press("down")
        await pilot.pause()
        assert_snapshot(app, f"doctor-80x24-{language}")


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_a_recipe_says_when_to_use_it_and_what_it_needs(language: str) -> None:
    words.use_language(language)
    app = DanluApp(first=RecipesScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert words.t("recipes.when") in text and words.t("recipes.needs") in text
        first = app.screen.query_one(RowList).current
        assert first is not None and first.title_text in text
