"""Help tells every key that works; errors say what, why and what to do; leaving asks first."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any, cast

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input

import tui.screens
import tui.widgets
from engine import words
from engine.errors import DanluError, Fix
from engine.runs.store import Run
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.sample_runs import make_run
from tests.tui.settle import settle, until
from tui.app import DanluApp
from tui.screens.ask import AskScreen
from tui.screens.browse import BrowseScreen
from tui.screens.confirm import ConfirmScreen
from tui.screens.error import ErrorScreen
from tui.screens.leave import LeaveScreen
from tui.screens.prune import PruneScreen
from tui.screens.runs import RunsScreen


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{found.name}")


def _bindings() -> Iterator[Binding]:
    for package in (tui.screens, tui.widgets):
        for module in _modules(package):
            for thing in vars(module).values():
                ours = isinstance(thing, type) and thing.__module__ == module.__name__
                if ours and issubclass(thing, DOMNode):
                    yield from (
                        b for b in vars(thing).get("BINDINGS", ()) if isinstance(b, Binding)
                    )


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_key_has_a_word_and_a_sentence(language: str) -> None:
    words.use_language(language)
    wordless = {
        binding.description
        for binding in _bindings()
        if binding.description
        and not (
            words.has(f"{binding.description}.label") and words.has(f"{binding.description}.help")
        )
    }
    assert not wordless


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_help_lists_the_keys_of_what_has_the_cursor_first(language: str) -> None:
    words.use_language(language)
    async with DanluApp(first=RunsScreen()).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        assert_snapshot(pilot.app, f"help-80x24-{language}")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RunsScreen)


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_an_error_says_what_why_and_what_to_do(language: str) -> None:
    words.use_language(language)
    error = DanluError(
        "spec.not_a_choice",
        fixes=[Fix("use_default", {"model.dtype": "auto"})],
        key="model.dtype",
        value="bf16",
        choices="auto, bfloat16",
        default="auto",
    )
    applied: list[Fix] = []
    async with DanluApp().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        pilot.app.push_screen(ErrorScreen(error, on_fix=applied.append))
        await pilot.pause()
        text = screen_text(pilot.app)
        assert error.what in text.replace("\n", "") and error.fix_text(error.fixes[0]) in text
        await pilot.press("1")
        assert [fix.set for fix in applied] == [{"model.dtype": "auto"}]
        assert not isinstance(pilot.app.screen, ErrorScreen)


async def test_a_fix_that_changes_nothing_is_a_sentence_only() -> None:
    async with DanluApp().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        pilot.app.push_screen(ErrorScreen(DanluError("run.none_yet")))
        await pilot.pause()
        await pilot.press("1")
        assert isinstance(pilot.app.screen, ErrorScreen)


@pytest.mark.parametrize(("key", "answer"), [("enter", False), ("escape", False), ("y", True)])
async def test_only_y_confirms(key: str, answer: bool) -> None:
    answers: list[bool | None] = []
    async with DanluApp().run_test() as pilot:
        await settle(pilot)
        pilot.app.push_screen(ConfirmScreen("Delete x?", "It is gone."), answers.append)
        await pilot.pause()
        await pilot.press(key)
        assert answers == [answer]


class _Session:
    """A training under way: what the app needs to know of one."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.alive = True


async def _leaving(app: DanluApp) -> _Session:
    session = _Session(make_run("identity", "training"))
    app.session = cast(Any, session)
    await app.action_quit()
    return session


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_leaving_a_training_asks_what_becomes_of_it(language: str) -> None:
    words.use_language(language)
    async with DanluApp(first=RunsScreen()).run_test(size=(80, 24)) as pilot:
        app = cast(DanluApp, pilot.app)
        await settle(pilot)
        await _leaving(app)
        await pilot.pause()
        assert_snapshot(app, f"leave-80x24-{language}")
        await pilot.press("ctrl+c")  # asked already
        await pilot.press("escape")
        assert isinstance(app.screen, RunsScreen) and app.is_running


async def test_stop_and_save_waits_for_the_checkpoint() -> None:
    async with DanluApp().run_test(size=(80, 24)) as pilot:
        app = cast(DanluApp, pilot.app)
        await settle(pilot)
        session = await _leaving(app)
        await pilot.pause()
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, LeaveScreen) and "120" in screen_text(app)
        assert '"what": "stop"' in (session.run.path / "commands.jsonl").read_text()
        session.alive = False
        await until(pilot, lambda: not app.is_running, seconds=5)


async def test_without_a_training_leaving_is_immediate() -> None:
    async with DanluApp().run_test() as pilot:
        await settle(pilot)
        await pilot.press("q")
        await until(pilot, lambda: not pilot.app.is_running, seconds=5)


async def test_the_language_changes_above_other_screens_and_what_is_typed_stays() -> None:
    run = make_run("identity")
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.push_screen(AskScreen("identity"))
        await pilot.press("a", "b", "f2")
        assert app.screen.query_one(Input).value == "ab" and app.screen.query_one(Input).has_focus
        await until(pilot, lambda: "esc 关闭" in screen_text(app).splitlines()[-1])
        await pilot.press("c", "escape")
        app.push_screen(ErrorScreen(DanluError("run.not_found", run="x")))
        await pilot.press("f2")
        await until(pilot, lambda: "What to do" in screen_text(app))
        await pilot.press("escape")
        app.push_screen(PruneScreen([run]))
        await settle(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: "检查点" in screen_text(app))
        await pilot.press("escape", "o", "f2")
        assert isinstance(app.screen, BrowseScreen)
        await until(pilot, lambda: "esc back" in screen_text(app).splitlines()[-1])
        await pilot.press("escape")
        assert words.t("runs.title") in screen_text(app)
        await pilot.press("D")
        assert "Delete run identity" in screen_text(app)
        await pilot.press("f2")
        assert words.t("runs.delete_run", name="identity")[:4] in screen_text(app)
        assert "Delete run" not in screen_text(app)
        await pilot.press("n")
