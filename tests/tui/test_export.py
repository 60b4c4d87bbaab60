"""The export screen says what each form takes; the report shows what parts first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import words
from engine.errors import DanluError
from engine.export.manifest import ExportReport
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import settle, until
from tui.app import DanluApp
from tui.export_room import Room
from tui.screens.error import ErrorScreen
from tui.screens.export import ExportScreen
from tui.screens.export_report import AnswerScreen, ExportReportScreen

_SIZES = {
    "merged": 3_087_000_000, "adapter": 37_000_000, "gguf": 1_650_000_000, "bnb4": 1_000_000_000,
    "bnb8": 1_620_000_000, "gptq": 1_000_000_000, "awq": 1_000_000_000, "onnx": 6_300_000_000,
}  # fmt: skip
_ROWS = [
    {"prompt": "你是谁？", "checkpoint": "我是小炉。", "artefact": "我是小炉。", "tokens": 9,
     "agree": 9, "divergence": None},
    {"prompt": "Who made you?", "checkpoint": "I was made by the Furnace Lab.",
     "artefact": "I was trained by Alibaba Cloud.", "tokens": 12, "agree": 7, "divergence": 2},
]  # fmt: skip
_REPORT: dict[str, Any] = {
    "verified": False,
    "why": ["agreement", "stops"],
    "reason": None,
    "bytes": 3_087_000_000,
    "checkpoint_bytes": 37_000_000,
    "verification": {
        "agreement": 0.762, "threshold": 0.97, "tokens": 21, "first_divergence": 2,
        "template_equal": True, "tokenizer_equal": True, "stops_equal": False,
        "modelfile_equal": None, "rows": _ROWS,
    },
}  # fmt: skip


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without gptqmodel, with sizes as of a model of 1.5 B."""
    lack = DanluError(
        "export.needs_gptq",
        format="GPTQ",
        tool="gptqmodel",
        install="python -m venv t && t/bin/pip install gptqmodel",
        other="python -m venv u && u/bin/pip install llmcompressor",
    )
    known = Room(_SIZES, 80_000_000_000, {"gptq": lack}, {"merged": 4_294_967_296})
    monkeypatch.setattr("tui.screens.export.find_room", lambda *_: known)
    monkeypatch.setenv("DANLU_HOME", "/home/me/danlu")


async def test_a_tall_screen_tells_what_a_form_gives_and_how_it_is_used(room: None) -> None:
    app = DanluApp(first=ExportScreen("identity-qwen"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "vllm serve /home/me/danlu" in screen_text(app))
        await until(pilot, lambda: "4.0 GiB at most while it is made" in screen_text(app))


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_each_form_says_what_it_takes(language: str, room: None) -> None:
    words.use_language(language)
    app = DanluApp(first=ExportScreen("identity-qwen/checkpoint-160"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert_snapshot(app, f"export-80x24-{language}")
        await pilot.press("down", "down", "t")
        await settle(pilot)
        assert "--format gguf --quant q6_k" in " ".join(screen_text(app).split())
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert "pip install gptqmodel" in screen_text(app)
        await pilot.press("enter")
        assert isinstance(app.screen, ErrorScreen)


async def test_what_is_missing_is_copied_as_a_command_and_ready_once_it_is_there(
    room: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANLU_HOME", str(tmp_path))
    app = DanluApp(first=ExportScreen("embedded"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "down", "down", "down", "down", "y")
        await pilot.pause()
        assert app.clipboard == "python -m venv t && t/bin/pip install gptqmodel"
        site = tmp_path / "tools/gptqmodel/lib/python3.11/site-packages"
        (site / "gptqmodel-7.7.0.dist-info").mkdir(parents=True)
        (site / "gptqmodel-7.7.0.dist-info" / "RECORD").touch()
        monkeypatch.setattr("tui.screens.export.find_room", lambda *_: Room(_SIZES, 1, {}))
        screen = app.screen
        assert isinstance(screen, ExportScreen)
        screen._look_again()
        await settle(pilot)
        assert "pip install" not in screen_text(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_what_parts_stands_first_in_the_report(language: str) -> None:
    words.use_language(language)
    report = ExportReport(Path("/home/me/exports/identity-merged"), _REPORT)
    app = DanluApp(first=ExportReportScreen(report))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert_snapshot(app, f"export-report-80x24-{language}")
        await pilot.press("enter")
        assert isinstance(app.screen, AnswerScreen)


async def test_enter_starts_the_command_it_shows(
    room: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(DanluApp, "start_job", lambda _, command: asked.append(command))
    app = DanluApp(first=ExportScreen("embedded"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("z", *"1x", "enter", "backspace", *"gib", "enter", "v", "enter")
    folder = "/home/me/danlu/exports/embedded-merged"
    chosen = ["--format", "merged", "--shard-size", "1gib", "--no-verify"]
    assert asked == [["export", "embedded", "--to", folder, *chosen]]
