"""Publishing by keys: where to, seen by whom, the card; then the command. The report's page."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import words
from engine.publish.preview import Preview
from engine.publish.request import PushRequest
from tests.recorded.replay import recorded_run
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.sample_runs import make_run
from tests.tui.settle import settle, until
from tui.app import DanluApp
from tui.screens.ask import AskScreen
from tui.screens.live import LiveScreen
from tui.screens.login import LoginScreen
from tui.screens.page import PageScreen
from tui.screens.publish import PublishScreen
from tui.screens.report import ReportScreen
from tui.widgets.row_list import RowList

_FILES = (("README.md", 2300), ("loss.svg", 1900), ("adapter_model.safetensors", 9_856_000))


@pytest.fixture(autouse=True)
def nobody_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "MODELSCOPE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "ms"))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[PushRequest]:
    """Every request of which a preview was asked."""
    requests: list[PushRequest] = []

    def preview(request: PushRequest) -> Preview:
        requests.append(request)
        return Preview("---\nlicense: mit\n---\n# little furnace\n", "adapter", "mit", _FILES)

    monkeypatch.setattr("engine.publish.preview.preview", preview)
    make_run("little-furnace", best=160)
    return requests


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_it_says_what_would_be_sent_and_who_would_see_it(
    language: str, asked: list[PushRequest]
) -> None:
    words.use_language(language)
    app = DanluApp(first=PublishScreen("little-furnace"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert_snapshot(app, f"publish-80x24-{language}")
        await pilot.press("v")
        await settle(pilot)
        assert isinstance(app.screen, PageScreen)
        shown = screen_text(app)
        assert "little furnace" in shown and "license: mit" in shown
        await pilot.press("escape", "down", "f2", "f2")  # there and back, the field still chosen
        assert app.screen.query_one(RowList).current == "repo"


async def test_what_is_missing_is_asked_for_and_a_name_is_checked_as_it_is_typed(
    asked: list[PushRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(DanluApp, "start_job", lambda _, command: commands.append(command))
    app = DanluApp(first=PublishScreen("little-furnace"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter", "down", "down", "enter", "down", "enter", "s")
        assert isinstance(app.screen, AskScreen)
        await pilot.press(*"ember")
        await until(pilot, lambda: "does not say whose it is" in screen_text(app))
        await pilot.press(*"/mine", "enter")
        await until(pilot, lambda: isinstance(app.screen, LoginScreen))
        assert commands == []
        await pilot.press("escape")
        monkeypatch.setenv("HF_TOKEN", "hf_x")
        await pilot.press("s")
        await settle(pilot)
    where = ["push", "little-furnace", "ember/mine", "--hub", "huggingface"]
    assert commands == [[*where, "--card", "zh", "--public"]]
    assert asked[-1].card == "zh" and asked[-1].hub == "huggingface"


async def test_m_writes_the_report_of_a_run_and_shows_it(danlu_home: Path) -> None:
    run = recorded_run(danlu_home / "runs" / "identity")
    app = DanluApp(first=LiveScreen(run))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "report" in screen_text(app))
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, PageScreen))
        assert not any(isinstance(each, ReportScreen) for each in app.screen_stack)
        assert str(run.path / "report.md")[-20:] in screen_text(app)
    assert (run.path / "report.md").read_text(encoding="utf-8").startswith("# ")
