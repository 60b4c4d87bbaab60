"""What was found in the rows is mended by keys: a value given, a file repaired, a row looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import words
from engine.data import fetch
from engine.hub.fetch import Fetched
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import until
from tests.tui.wizard_parts import rest, steady, wizard
from tui.screens.data_problems import DataProblemsScreen
from tui.screens.data_repair import DataRepairScreen
from tui.widgets.token_page import folded, shown
from tui.wizard import findings
from tui.wizard.row_pieces import PlainPiece


def messy(folder: Path) -> Path:
    path = folder / "messy.jsonl"
    good = {"instruction": "2+2?", "output": "four"}
    lines = [json.dumps(good), json.dumps({**good, "output": 4}), json.dumps(good)]
    lines.append(json.dumps({**good, "output": "I am {{NAME}}."}))
    path.write_text("\n".join([*lines, '{"instruction": "?", "output": "!",}']) + "\n")
    return path


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.slow)])
@pytest.mark.slow
async def test_a_messy_file_is_repaired_by_keys(
    language: str, tmp_path: Path, danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    monkeypatch.chdir(tmp_path)
    words.use_language(language)
    original = messy(tmp_path).read_bytes()
    app, draft = wizard("data", {"data": {"train": ["messy.jsonl"]}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, DataProblemsScreen), 60)
        await rest(pilot, draft)
        assert "--" not in screen_text(app), "keys are offered here, not command lines"
        assert_snapshot(app, f"wizard_problems_{language}")
        await pilot.press("down", "enter", "E", "m", "b", "e", "r", "enter")
        await rest(pilot, draft, lambda: findings.unfilled(draft) == [])
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, DataRepairScreen), 60)
        await until(pilot, lambda: "JSON" in screen_text(app), 60)
        await rest(pilot, draft)
        assert_snapshot(app, f"wizard_repair_{language}")
        await pilot.press("w", "enter")
        await until(pilot, lambda: isinstance(app.screen, DataProblemsScreen), 60)
        await rest(pilot, draft, lambda: (r := findings.report(draft)) is not None and r.ok)
        assert draft.spec.data.train[0].source == "messy.repaired.jsonl"
    assert (tmp_path / "messy.jsonl").read_bytes() == original
    assert len((tmp_path / "messy.repaired.jsonl").read_text().splitlines()) == 4


def test_a_special_token_is_never_broken_and_a_hit_is_marked() -> None:
    pieces = [PlainPiece("words ab", False, False), PlainPiece("<|im_end|>", True, True)]
    lines = folded([*pieces, PlainPiece("c\u200bd", True, False)], 12, "RDS")
    assert ["".join(run.text for run in line) for line in lines] == [
        "words ab",
        "‹im_end›c",
        "<200B>d",
    ]
    assert [run.text for line in lines for run in line if run.hit] == ["rds"]
    assert shown("<|im_end|>", True) == "‹im_end›"
    apart = folded(pieces, 40, borders=True)
    assert "".join(run.text for run in apart[0]) == "words ab¦‹im_end›"


@pytest.mark.slow
async def test_a_hub_s_rows_are_repaired_into_a_file_the_run_then_takes(
    tmp_path: Path, danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.chdir(own)
    cache = tmp_path / "cache"
    cache.mkdir()
    messy(cache)
    there = Fetched("huggingface", "owner/rows", cache, "1" * 40)
    monkeypatch.setattr(fetch.hub, "fetch", lambda *_, **__: there)
    app, draft = wizard("data", {"data": {"train": ["hf::owner/rows#3"], "fill": {"NAME": "E"}}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, DataProblemsScreen), 60)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, DataRepairScreen), 60)
        await until(pilot, lambda: "JSON" in screen_text(app), 60)
        await pilot.press("w", "enter")
        await until(pilot, lambda: isinstance(app.screen, DataProblemsScreen), 60)
        await rest(pilot, draft, lambda: (r := findings.report(draft)) is not None and r.ok)
        (source,) = draft.spec.data.train
        assert source.source == str(own / "rows.repaired.jsonl") and source.sample == 3
    assert [path.name for path in cache.iterdir()] == ["messy.jsonl"]


@pytest.mark.slow
async def test_what_only_a_person_can_put_right_is_said_to_be_so(
    tmp_path: Path, danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    path = tmp_path / "empty.jsonl"
    rows = [{"instruction": "?", "output": "!"}, {"instruction": "?", "output": ""}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    app, draft = wizard("data", {"data": {"train": [str(path)]}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, DataProblemsScreen), 60)
        await pilot.press("enter")
        await pilot.pause()
        (note,) = app._notifications
        said = " ".join(note.message.split())  # it is broken into lines as its width has it
        assert said.startswith("Only you can put this right, in the file: empty.jsonl:2")
