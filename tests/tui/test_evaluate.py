"""Evaluating by keys: choose, start, cancel; then the figures and the rows, the worst first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import engine.evaluate.evaluate
from engine import words
from engine.evaluate.labels import label_report
from engine.evaluate.settings import Settings
from engine.home import home
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.sample_runs import make_run
from tests.tui.settle import settle
from tui.app import DanluApp
from tui.screens.ask import AskScreen
from tui.screens.browse import BrowseScreen
from tui.screens.evaluate import EvaluateScreen
from tui.screens.evaluation import EvaluatedRowScreen, EvaluationScreen, PagedRows
from tui.screens.runs import RunsScreen
from tui.screens.versus import ChangedRowScreen, FiguresScreen, VersusScreen
from tui.widgets.row_list import RowList

_METRICS = {
    "rouge-1": 88.2143,
    "rouge-2": 61.5,
    "rouge-l": 87.31,
    "bleu-4": 52.04,
    "exact_match": 75.0,
    "normalised_match": 75.0,
    "contains_match": 87.5,
    "accuracy": 75.0,
    "f1_macro": 74.6,
    "f1_micro": 80.0,
    "loss": 0.412,
    "perplexity": 1.51,
}
_BASE = {**dict.fromkeys(_METRICS, 12.5), "loss": 3.2, "perplexity": 24.53}


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    """The document of an evaluation of eight rows, and its rows on disk."""
    pairs = [("体育", "体育")] * 3 + [("财经", "财经")] * 3 + [("财经", "体育"), ("体育", None)]
    rows = []
    for number, (right, given) in enumerate(reversed(pairs), 1):
        hit = 100.0 * (right == given)
        answer = f"<think>看看</think>\n{given or '体育或者财经'}"
        row = {"row": number, "file": "/data/news.jsonl", "line": number, "label": given}
        row |= {"question": f"给新闻分类：第 {number} 条", "reference": right, "answer": answer}
        row |= {"accuracy": hit, "rouge-l": hit, "loss": 0.41, "fault": None}
        rows.append(row | {"base": {"answer": "I am a helpful assistant."}})
    path = tmp_path / "news.json"
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    path.with_suffix(".rows.jsonl").write_text(lines, encoding="utf-8")
    report = label_report(pairs, ["体育", "财经"]).document()
    made = {
        "target": "news/checkpoint-160",
        "data": "/data/news.jsonl",
        "rows": 8,
        "dropped": 1,
        "unanswered": 0,
        "unfinished": 2,
        "at_limit": 3,
        "faults": {},
        "kept": 0,
        "metrics": _METRICS,
        "base": _BASE,
        "difference": {name: _METRICS[name] - _BASE[name] for name in _METRICS},
        "labels": {"names": ["体育", "财经"], "by": "data", **report},
        "settings": vars(Settings(max_new_tokens=64)),
        "seconds": 42.0,
        "path": str(path),
        "rows_path": str(path.with_suffix(".rows.jsonl")),
    }
    path.write_text(json.dumps(made), encoding="utf-8")
    return made


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_figures_stand_above_the_rows_worst_first(
    language: str, document: dict[str, Any]
) -> None:
    words.use_language(language)
    app = DanluApp(first=EvaluationScreen(document))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_snapshot(app, f"evaluation-80x24-{language}")
        await pilot.press("down", "enter")
        assert isinstance(app.screen, EvaluatedRowScreen)
        assert "看看" in screen_text(app)
        await pilot.press("escape", "t")
        await pilot.pause()
        assert_snapshot(app, f"evaluation-labels-80x24-{language}")
        assert words.t("evaluate.unfinished", count=2, tokens=64)[:20] in screen_text(app)


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_choosing_what_to_measure(
    language: str, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    words.use_language(language)
    make_run("news", saved=(160,), best=160)
    monkeypatch.setattr("tui.evaluation_line._age", lambda _: 7200.0)
    monkeypatch.setattr(
        engine.evaluate.evaluate, "folder_of", lambda _: Path(document["path"]).parent
    )
    screen = EvaluateScreen("news", "/data/news.jsonl")
    app = DanluApp(first=screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "enter")
        assert isinstance(app.screen, AskScreen)
        await pilot.press(*"200", "enter")
        await pilot.press(
            "down", "enter", *"体育", "comma", *"财经", "enter", "down", "down", "enter"
        )
        await pilot.pause()
        assert screen._choices.settings == Settings(sample=200, labels=("体育", "财经"), base=True)
        assert_snapshot(app, f"evaluate-80x24-{language}")
        await pilot.press("end", "enter")
        assert isinstance(app.screen, EvaluationScreen)


async def test_it_is_started_as_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("news", saved=(160,), best=160)
    asked: list[list[str]] = []
    monkeypatch.setattr(DanluApp, "start_job", lambda _, command: asked.append(command))
    app = DanluApp(first=EvaluateScreen("news", "rows.jsonl"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("s", "down", "enter", *"20", "enter", "end", "enter", "s")
    command = ["evaluate", "news", "rows.jsonl"]
    assert asked == [command, [*command, "--sample", "20", "--base"]]


async def test_another_language_keeps_the_place(document: dict[str, Any]) -> None:
    make_run("news", saved=(160,), best=160)
    for screen in (EvaluateScreen("news", "rows.jsonl"), EvaluationScreen(document)):
        words.use_language("en")
        app = DanluApp(first=screen)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("down", "down", "f2")
            await settle(pilot)
            rows = app.screen.query_one(RowList)
            assert rows.cursor == (3 if isinstance(screen, EvaluateScreen) else 2)
            assert words.t(screen.title_key) in screen_text(app)
            assert words.language() == "zh"


async def test_without_data_a_file_is_looked_for_first() -> None:
    app = DanluApp(first=EvaluateScreen("embedded"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert words.t("evaluate_screen.base") not in screen_text(app), "a plain model has no base"
        await pilot.press("s")
        assert isinstance(app.screen, BrowseScreen)


async def test_e_leads_there_from_the_runs() -> None:
    make_run("news", saved=(160,), best=160)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await settle(pilot)
        await pilot.press("e")
        assert isinstance(app.screen, EvaluateScreen)


def test_rows_are_read_a_page_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "many.rows.jsonl"
    path.write_text("".join(json.dumps({"row": n}) + "\n" for n in range(300)))
    rows = PagedRows(path)
    assert len(rows) == 300 and rows[299] == {"row": 299}
    assert [row["row"] for row in rows[62:67]] == [62, 63, 64, 65, 66]
    with pytest.raises(IndexError):
        rows[300]


async def test_an_evaluation_whose_rows_are_gone_still_shows_its_figures(
    document: dict[str, Any],
) -> None:
    Path(document["rows_path"]).unlink()
    app = DanluApp(first=EvaluationScreen(document))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "87.31" in screen_text(app)
        assert app.screen.query_one(RowList).current is None


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_c_compares_with_another_evaluation_of_the_same_data(
    language: str, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    words.use_language(language)
    monkeypatch.setattr("tui.evaluation_line._age", lambda _: 7200.0)
    _keep_other(document)
    app = DanluApp(first=EvaluationScreen(document))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, VersusScreen)
        assert_snapshot(app, f"versus-80x24-{language}")
        await pilot.press("enter")
        assert isinstance(app.screen, ChangedRowScreen)
        await pilot.press("escape", "t")
        await settle(pilot)
        assert isinstance(app.screen, FiguresScreen) and "max_new_tokens" in screen_text(app)


def _keep_other(document: dict[str, Any]) -> None:
    """An evaluation of a checkpoint that gave other labels, in danlu's home."""
    path = home() / "evaluations" / "news" / "old.json"
    path.parent.mkdir(parents=True)
    rows = []
    for line in Path(document["rows_path"]).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        given = "财经" if row["row"] != 2 else "体育"
        hit = 100.0 * (given == row["reference"])
        rows.append({**row, "label": given, "answer": given, "accuracy": hit, "rouge-l": hit})
    rows_path = path.with_suffix(".rows.jsonl")
    rows_path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    pairs = [(row["reference"], row["label"]) for row in rows]
    report = label_report(pairs, ["体育", "财经"])
    metrics = _METRICS | {"accuracy": report.accuracy, "f1_macro": report.f1_macro}
    other = {**document, "target": "news/checkpoint-80", "path": str(path)}
    other |= {"rows_path": str(rows_path), "metrics": metrics}
    other["settings"] = {**document["settings"], "max_new_tokens": 100}
    path.write_text(json.dumps(other), encoding="utf-8")
