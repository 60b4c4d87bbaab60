"""Columns danlu does not know: its proposal taken or changed with keys, kept in the spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import words
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import until
from tests.tui.wizard_parts import rest, steady, wizard
from tui.screens.columns import ColumnsScreen
from tui.wizard import findings

ROWS = [
    {"nr": n, "问题": f"第 {n} 个问题是什么？", "答案": f"这是第 {n} 个回答。"} for n in range(1, 4)
]


def write(tmp_path: Path) -> dict[str, object]:
    path = tmp_path / "mine.jsonl"
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    path.write_text(text, encoding="utf-8")
    return {"data": {"train": [str(path)]}}


async def test_the_proposed_columns_are_taken_with_one_key(
    danlu_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    app, draft = wizard("data", write(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: bool(findings.proposals(draft)))
        assert "query=问题,response=答案" in screen_text(app)
        await pilot.press("y")
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        source = draft.spec.data.train[0]
        assert source.columns == {"问题": "query", "答案": "response"}
        report = findings.report(draft)
        assert report is not None and report.kept == 3
        assert "query=" not in screen_text(app)


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.slow)])
async def test_each_column_is_changed_with_the_arrows_and_read_at_once(
    language: str, danlu_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    words.use_language(language)
    app, draft = wizard("data", write(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: bool(findings.proposals(draft)))
        await pilot.press("home", "c")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        await pilot.pause()
        assert_snapshot(app, f"columns_{language}")
        await pilot.press("down", "right")
        assert "--columns response=" in screen_text(app)
        await pilot.press("p", "down", "left", "left", "left", "enter")
        await rest(pilot, draft)
        columns = draft.spec.data.train[0].columns
        assert columns == {"问题": "query", "答案": "input"}


async def test_sets_of_a_registry_are_chosen_by_name(
    danlu_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    rows = [{"instruction": "?", "output": str(n)} for n in range(4)]
    (tmp_path / "one.json").write_text(json.dumps(rows))
    entries = {"one": {"file_name": "one.json"}, "gone": {"file_name": "gone.json"}}
    registry = tmp_path / "dataset_info.json"
    registry.write_text(json.dumps(entries))
    app, draft = wizard("data")
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft)
        app.screen._add_path(registry)  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.press("end", "x")
        await pilot.pause()
        assert "onex" in screen_text(app) and "no set" in screen_text(app)
        await pilot.press("backspace", "enter")
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        assert draft.spec.data.train[0].source == f"{registry}:one"
        await pilot.press("home", "enter", *"50% x3", "enter")
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        source = draft.spec.data.train[0]
        assert (source.share, source.repeat, source.sample) == (0.5, 3, None)
        report = findings.report(draft)
        assert report is not None and report.sources[0].taken == 6
        assert "50% x3" in screen_text(app)


@pytest.mark.slow
async def test_names_of_roles_are_proposed_and_changed_with_the_arrows(
    danlu_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    path = tmp_path / "talk.jsonl"
    turns = [{"from": "甲", "value": "在吗？"}, {"from": "乙", "value": "在的。"}]
    path.write_text(json.dumps({"conversations": turns}) + "\n")
    app, draft = wizard("data", {"data": {"train": [str(path)]}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: bool(findings.proposals(draft)))
        await pilot.press("home", "c")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        await pilot.pause()
        assert_snapshot(app, "columns_roles_en")
        await pilot.press("down", "down", "down", "left")  # the user: by its usual name again
        assert "--columns assistant_tag=乙" in screen_text(app)
        assert "0 of the first 1 row" in screen_text(app)
        await pilot.press("right", "enter")
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        source = draft.spec.data.train[0]
        assert (source.columns, source.tags) == (None, {"user_tag": "甲", "assistant_tag": "乙"})
        report = findings.report(draft)
        assert report is not None and report.kept == 1
