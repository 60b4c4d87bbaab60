"""The screen of a server: where it is, how to ask it, what was asked; from home to the end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine import words
from engine.errors import DanluError
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from engine.serve.plan import Named, Plan, Why
from engine.serve.serving import PLAN_NAME, Serving, servings
from engine.spec.sections import Model
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import settle, until
from tui.app import DanluApp
from tui.screens.serving import ServingScreen


@pytest.fixture
def recorded(danlu_home: Path, monkeypatch: pytest.MonkeyPatch) -> Serving:
    """A server as its folder tells: two names, three requests, a refusal."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    folder = danlu_home / "serving" / "support"
    folder.mkdir(parents=True)
    named = (
        Named("support", Path("/runs/support/checkpoint-20"), "support"),
        Named("b", None, "b"),
    )
    plan = Plan(Model(source="b"), named, backend="transformers", why=(Why("no_vllm"),))
    (folder / PLAN_NAME).write_text(plan.to_json())
    journal = JournalWriter(folder)
    journal.write("status", status="starting", pid=1, backend="transformers")
    journal.write("phase", name="load_model", done=0, total=None, unit="")
    journal.write("status", status="serving", url="http://127.0.0.1:8000/v1", port=8000)
    for tokens, finish in ((120, "stop"), (2048, "length"), (7, "cancelled")):
        journal.write(
            "request",
            model="support",
            stream=True,
            prompt_tokens=34,
            tokens=tokens,
            seconds=tokens / 41.5,
            waited=0.0,
            tokens_per_second=41.5,
            finish=finish,
            code=None,
        )
    journal.write("refused", status=401, code="invalid_api_key")
    journal.close()
    return Serving(folder)


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_a_server_at_work(recorded: Serving, language: str) -> None:
    words.use_language(language)
    lock = RunLock(recorded.path)
    try:
        async with DanluApp(first=ServingScreen(recorded)).run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            assert_snapshot(pilot.app, f"serving-80x24-{language}")
    finally:
        lock.release()


async def test_one_that_died_says_so_and_shows_its_log(recorded: Serving) -> None:
    recorded.log_path.write_text("first line\nlast words\n")
    (recorded.path / "lock").write_text("1")
    async with DanluApp(first=ServingScreen(recorded)).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "died" in screen_text(pilot.app) and "curl" not in screen_text(pilot.app)
        await pilot.press("o")
        await settle(pilot)
        assert "last words" in screen_text(pilot.app)


async def test_one_that_loads_says_how_far_it_is_and_one_that_failed_what_to_do(
    recorded: Serving,
) -> None:
    folder = recorded.path.parent / "loading"
    folder.mkdir()
    (folder / PLAN_NAME).write_bytes((recorded.path / PLAN_NAME).read_bytes())
    lock, journal = RunLock(folder), JournalWriter(folder)
    journal.write("status", status="starting", pid=1, backend="transformers")
    journal.write("phase", name="load_model", done=1, total=4, unit="")
    async with DanluApp(first=ServingScreen(Serving(folder))).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "1 / 4" in screen_text(pilot.app))
        taken = DanluError("serve.port_taken", host="127.0.0.1", port=8000)
        words.use_language("zh")
        journal.write("error", exit_code=1, **taken.document())
        words.use_language("en")
        journal.write("status", status="failed")
        await until(pilot, lambda: "failed" in screen_text(pilot.app))
        assert taken.what in screen_text(pilot.app)
        assert taken.fix_text(taken.fixes[0]) in screen_text(pilot.app)
    journal.close()
    lock.release()


async def test_home_lists_what_is_served_and_opens_it(recorded: Serving) -> None:
    lock = RunLock(recorded.path)
    try:
        async with DanluApp().run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            assert "Being served" in screen_text(pilot.app)
            assert "http://127.0.0.1:8000/v1" in screen_text(pilot.app)
            await pilot.press("home", "enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, ServingScreen)
            await pilot.press("y")
            assert pilot.app.clipboard.startswith("curl http://127.0.0.1:8000/v1/chat")
    finally:
        lock.release()


@pytest.mark.slow
async def test_a_model_is_served_from_the_screen_and_ended_there(tiny_model: Path) -> None:
    screen = ServingScreen(targets=[str(tiny_model)])
    async with DanluApp(first=screen).run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "http://127.0.0.1" in screen_text(pilot.app), seconds=90)
        [made] = servings()
        assert made.alive()
        await pilot.press("x", "y")
        await until(pilot, lambda: not made.alive(), seconds=30)
        await until(pilot, lambda: "ended" in screen_text(pilot.app))
