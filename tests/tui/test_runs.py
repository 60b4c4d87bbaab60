"""Runs and checkpoints are found, read, filtered, folded and deleted by keyboard alone."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine import words
from engine.runs.lock import RunLock
from engine.runs.store import Run
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.sample_runs import STARTED, make_run, make_some_runs
from tests.tui.settle import settle, until
from tui.app import DanluApp
from tui.run_tree import RunTree
from tui.run_watch import RunWatch
from tui.screens.error import ErrorScreen
from tui.screens.runs import RunsScreen
from tui.widgets.row_list import RowList


@pytest.fixture(autouse=True)
def short_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home at a path that is the same in every run, and one time zone: both are shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DANLU_HOME", "home")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def _rows(app: DanluApp) -> RowList:
    return app.screen.query_one(RowList)


def _run_under_cursor(app: DanluApp) -> Run | None:
    line = _rows(app).current
    return line.run if line else None


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_runs_and_their_checkpoints_stand_in_a_tree(language: str) -> None:
    words.use_language(language)
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "down", "down")
        await settle(pilot)
        assert_snapshot(app, f"runs-80x24-{language}")


async def test_a_wide_terminal_shows_the_same_in_more_room() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert_snapshot(app, "runs-120x40-en")


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_without_runs_it_says_how_to_make_one(language: str) -> None:
    words.use_language(language)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert words.t("runs.none")[:12] in screen_text(app)


async def test_filtering_leaves_what_was_typed_for_and_escape_brings_all_back() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"news", "enter")
        await settle(pilot)
        assert {line.run.name for line in _rows(app).rows} == {"news-r1-7b"}
        await pilot.press("escape")
        await settle(pilot)
        assert len({line.run.name for line in _rows(app).rows}) == 4
        assert isinstance(app.screen, RunsScreen)


async def test_a_run_folds_its_checkpoints_away_and_keeps_the_cursor() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "left")
        await settle(pilot)
        line = _rows(app).current
        assert line is not None and (line.run.name, line.hidden) == ("identity-smollm2", 2)
        await pilot.press("space")
        assert _rows(app).rows[1].checkpoint.path == "checkpoint-160"


async def test_deleting_a_checkpoint_asks_first_and_frees_the_disk() -> None:
    run = make_run("identity", best=160)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "down", "D", "enter")
        await settle(pilot)
        assert (run.path / "checkpoint-80").is_dir(), "enter is a no"
        await pilot.press("D", "y")
        await until(pilot, lambda: len(_rows(app).rows) == 2)
        assert not (run.path / "checkpoint-80").exists()
        assert [line.target for line in _rows(app).rows] == ["identity", "identity/checkpoint-160"]


async def test_a_run_that_is_trained_now_cannot_be_deleted() -> None:
    run = make_run("busy", "training")
    lock = RunLock(run.path)
    app = DanluApp(first=RunsScreen())
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("D", "y")
            await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
            assert run.path.is_dir() and "busy" in screen_text(app)
    finally:
        lock.release()


async def test_only_what_ended_early_can_be_resumed() -> None:
    finished, interrupted, *_ = make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        screen = app.screen
        assert _run_under_cursor(app) == finished
        assert screen.check_action("resume", ()) is False
        await pilot.press("down", "down", "down")
        assert _run_under_cursor(app) == interrupted
        assert screen.check_action("resume", ()) is True


async def test_the_path_is_copied_and_shown() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("y")
        assert app.clipboard == "home/runs/identity-smollm2"


async def test_a_run_that_goes_on_is_followed() -> None:
    run = make_run("growing", "training", step=10, steps=100, saved=())
    lock = RunLock(run.path)
    watch = RunWatch()
    try:
        assert [state.summary.step for state in watch.look([run])] == [10]
        with open(run.path / "journal.jsonl", "a") as journal:
            journal.write('{"seq":99,"time":1.0,"kind":"step","step":11,"loss":0.5}\n')
        state = next(watch.look([run]))
        assert (state.summary.step, state.active, state.status) == (11, True, "training")
    finally:
        lock.release()
    assert next(watch.look([run])).status == "interrupted"


async def test_a_thousand_runs_are_moved_through_at_once() -> None:
    for number in range(1000):
        run = make_run(f"run-{number:04d}", saved=(80,), age=number)
        os.utime(run.path, (STARTED - number, STARTED - number))
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(_rows(app).rows) >= 1000)
        rows = _rows(app)
        began = time.perf_counter()
        for _ in range(20):
            rows.action_page(1)
            for y in range(rows.size.height):
                rows.render_line(y)
        assert time.perf_counter() - began < 1.0
        assert rows.cursor >= 200


def test_the_tree_tells_runs_that_may_still_change() -> None:
    finished, interrupted, stopped, failed = make_some_runs()
    tree = RunTree()
    tree.set_runs([finished, interrupted, stopped, failed])
    assert len(tree.lines()) == 4
    tree.learn(RunWatch().look())
    assert [line.target for line in tree.lines("news")] == [
        "news-r1-7b",
        "news-r1-7b/checkpoint-200",
    ]
    assert [line.run.name for line in tree.lines("fail")] == ["domain-qa"]
    assert isinstance(tree.lines()[0].run, Run)
