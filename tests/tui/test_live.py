"""The live screen, driven by a recorded journal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from engine import words
from engine.home import runs_root
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from engine.runs.store import Run
from tests.recorded.replay import recorded_run
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import at_rest, until
from tui.app import DanluApp
from tui.pace import Pace
from tui.screens.evaluate import EvaluateScreen
from tui.screens.live import LiveScreen

IN_TRAINING = 200  # events of the recorded journal, up to the middle of the run
_WHEN = 1_790_000_110.0  # a moment at which those have happened


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks in the log read alike everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def training() -> Iterator[Run]:
    """A run in the middle of its training, owned by a living process."""
    run = recorded_run(runs_root() / "identity-smollm2", IN_TRAINING)
    lock = RunLock(run.path)
    yield run
    lock.release()


@pytest.fixture
def finished() -> Run:
    return recorded_run(runs_root() / "identity-smollm2")


def live(run: Run) -> tuple[DanluApp, LiveScreen]:
    """An app that opens on the live screen, its clock standing still."""
    screen = LiveScreen(run)
    screen.model.now = lambda: _WHEN
    screen.follow.pace = Pace(late=60)  # a busy machine must not change what is drawn
    return DanluApp(first=screen), screen


def commands(run: Run) -> list[str]:
    path = run.path / "commands.jsonl"
    return [json.loads(line)["what"] for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("language", "size"), [("en", (80, 24)), ("zh", (80, 24)), ("en", (200, 50))]
)
async def test_a_run_in_training_is_shown(training: Run, language: str, size: tuple[int, int]):
    words.use_language(language)
    app, _ = live(training)
    async with app.run_test(size=size) as pilot:
        await at_rest(pilot)
        assert_snapshot(app, f"live_training_{language}_{size[0]}x{size[1]}")


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_finished_run_opens_to_its_whole_curve_at_once(finished: Run, language: str):
    words.use_language(language)
    app, screen = live(finished)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert screen.model.loss.points == 160
        await at_rest(pilot)
        shown = "".join(screen_text(app).split())
        assert "160/160" in shown and f"{finished.path}/checkpoint-160" in shown
        await pilot.press("e")  # what was an evaluation while it trained is one of the result now
        assert isinstance(app.screen, EvaluateScreen)


async def test_what_the_engine_appends_is_shown_without_a_key(training: Run):
    app, screen = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        journal = JournalWriter(training.path)
        journal.write("step", step=150, epoch=9.4, loss=0.123, seconds_left=8.0)
        journal.write("log", level="info", text="a line of the log")
        journal.close()
        await until(pilot, lambda: "a line of the log" in screen_text(app))
        assert "150/160" in screen_text(app)
        assert screen.model.loss.last == 0.123


async def test_the_screen_is_alive_while_the_run_prepares():
    run = recorded_run(runs_root() / "young", 8)
    lock = RunLock(run.path)
    app, _ = live(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        shown = screen_text(app)
        assert "preparing" in shown and "Reading data" in shown and "Turning rows" in shown
    lock.release()


async def test_a_run_without_a_journal_yet_waits_politely():
    run = recorded_run(runs_root() / "young", 0)
    lock = RunLock(run.path)
    app, _ = live(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        assert "Getting ready" in screen_text(app)
    lock.release()


async def test_pause_is_acknowledged_at_once_and_until_the_engine_hears_it(training: Run):
    app, _ = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("p")
        assert commands(training) == ["pause"] and "asked: pause" in screen_text(app)
        journal = JournalWriter(training.path)
        journal.write("command", what="pause", by="screen")
        journal.write("status", status="paused")
        journal.close()
        await until(pilot, lambda: "p continue" in screen_text(app))
        shown = screen_text(app)
        assert "asked" not in shown.splitlines()[0] and "paused" in shown
        await pilot.press("p")
        assert commands(training) == ["pause", "resume"]


async def test_save_and_evaluate_are_asked_for_by_one_key(training: Run):
    app, _ = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("s", "e")
        assert commands(training) == ["save", "evaluate"]


async def test_stopping_is_confirmed_first_and_no_is_the_default(training: Run):
    app, _ = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("x")
        await pilot.pause()
        assert "end the run?" in screen_text(app).splitlines()[-1]
        await pilot.press("enter", "X", "n")
        assert not (training.path / "commands.jsonl").exists()
        await pilot.press("x", "y", "X", "y")
        assert commands(training) == ["stop", "abort"]


async def test_a_run_without_its_process_is_interrupted_and_offers_to_resume():
    run = recorded_run(runs_root() / "identity-smollm2", IN_TRAINING)
    app, screen = live(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        shown = screen_text(app)
        assert "interrupted" in shown and "r resume" in shown and "p pause" not in shown
        await pilot.press("p")
        assert not (run.path / "commands.jsonl").exists()
        assert screen.check_action("resume_run", ())


async def test_an_error_is_shown_where_the_person_is_with_its_ways_out(training: Run):
    app, _ = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        journal = JournalWriter(training.path)
        journal.write("error", code="train.disk_full", values={}, what="", why="", fixes=[])
        journal.write("status", status="failed")
        journal.close()
        await until(pilot, lambda: "The disk is full." in screen_text(app))
        await at_rest(pilot)
        shown = screen_text(app)
        assert "Free some space" in shown and "failed" in shown


async def test_a_pane_is_zoomed_and_given_back(training: Run):
    app, screen = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("4", "z")
        await pilot.pause()
        assert "machine" not in screen_text(app) and "4 log" in screen_text(app)
        await pilot.press("1")
        await pilot.pause()
        assert "1 loss" in screen_text(app) and "4 log" not in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert screen.is_current and "machine" in screen_text(app)


async def test_the_log_is_filtered_and_follows_only_at_its_end(training: Run):
    app, screen = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("slash", *"eval", "enter")
        await pilot.pause()
        log = screen.panes.log
        assert log.has_focus and len(log.numbers()) == 6 and "/eval" in screen_text(app)
        await pilot.press("escape", "home")
        journal = JournalWriter(training.path)
        journal.write("log", level="info", text="news")
        journal.close()
        await until(pilot, lambda: "new" in screen_text(app))
        assert "news" not in screen_text(app)
        await pilot.press("end")
        await until(pilot, lambda: "news" in screen_text(app))


async def test_log_scale_smoothing_and_cursor_answer_to_their_keys(training: Run):
    app, screen = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("g", "plus", "plus")
        await pilot.pause()
        assert "log scale smoothed 0.8" in screen_text(app)
        await pilot.press("left", "left")
        await pilot.pause()
        assert screen.panes.loss.cursor is not None
        await pilot.press("escape")
        assert screen.panes.loss.cursor is None and screen.is_current


async def test_the_language_changes_in_place(training: Run):
    app, _ = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("g", "f2")
        await pilot.pause()
        shown = screen_text(app)
        assert "损失 对数" in shown and "检查点" in shown and "暂停" in shown


async def test_escape_goes_home_and_the_run_goes_on(training: Run):
    app, screen = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert not screen.is_current and training.owner_alive()


async def test_leaving_a_run_of_another_process_ends_only_the_screen(training: Run):
    app, _ = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.press("d")
        await pilot.pause()
        assert app._exit and training.owner_alive()


async def test_a_window_too_small_says_so_until_it_is_large_again(training: Run):
    app, screen = live(training)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        await pilot.resize_terminal(70, 20)
        await at_rest(pilot)
        assert "80×24" in screen_text(app) and "70×20" in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await at_rest(pilot)
        assert screen.is_current and "1 loss" in screen_text(app)


async def test_a_long_journal_is_caught_up_with_in_bites(finished: Run):
    steps = (
        json.dumps({"seq": n, "time": 1.0 * n, "kind": "step", "step": n, "loss": 1.0}) + "\n"
        for n in range(161, 12_000)
    )
    with open(finished.path / "journal.jsonl", "a") as file:
        file.writelines(steps)
    app, screen = live(finished)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert screen.model.loss.points < 11_999 and screen.follow.reading is not None
        await until(pilot, lambda: screen.follow.reading is None)
        assert screen.model.loss.last_x == 11_999
