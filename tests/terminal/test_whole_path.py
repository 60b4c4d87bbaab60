"""The whole path by keys alone, on a real terminal: home, recipe, training, chat."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine import words
from engine.home import models_root
from engine.runs.store import find_run
from tests.terminal.terminal import Terminal


@pytest.fixture
def tiny_as_embedded(tiny_model: Path, danlu_home: Path) -> None:
    """The tiny model where danlu keeps the embedded one, so that a recipe trains in seconds."""
    shutil.copytree(tiny_model, models_root() / "SmolLM2-135M-Instruct")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_the_home_menu_to_a_finished_run_and_into_its_chat(
    tiny_as_embedded: None, danlu_home: Path, language: str
) -> None:
    words.use_language(language)
    terminal = Terminal([], danlu_home, LANG="zh_CN.UTF-8" if language == "zh" else "C.UTF-8")
    terminal.wait_for("danlu")
    terminal.press("1")
    terminal.wait_for("identity.jsonl")
    terminal.press("\r")
    terminal.wait_for(words.t("status.finished"), seconds=120)
    run = find_run(None)
    assert run.summary().status == "finished" and run.last_checkpoint() is not None
    terminal.press("c")
    terminal.wait_for(words.t("chat_screen.ask"))
    after_tokens = words.t("chat_screen.pace", tokens="", pace="").split("·")[0].strip()
    terminal.press(*"Who are you?", "\r")
    terminal.wait_for(after_tokens)
    for _ in range(5):  # out of the input, the chat, the live screen and the review
        terminal.press("\x1b")
        terminal.wait_for("")
    terminal.wait_for(words.t("home.start"))
    terminal.press("q")
    assert terminal.wait_for_end(30) == 0
