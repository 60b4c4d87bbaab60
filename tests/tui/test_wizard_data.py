"""Step 2 of the wizard: rows, placeholders, lengths, problems."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from engine import words
from engine.errors import DanluError
from engine.hub.spelling import suggested
from engine.job import Job
from engine.spec.sections import Source
from tests.snapshot import assert_snapshot, screen_text
from tests.train.runs import write_pairs
from tests.tui.settle import at_rest, until
from tests.tui.wizard_parts import FILLED, identity, put_embedded, rest, steady, wizard
from tui.wizard import findings
from tui.wizard.lengths import lengths_of
from tui.wizard.states import problems


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_sources_lengths_and_placeholders_are_told(
    language: str, danlu_home: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    put_embedded(tiny_model)
    words.use_language(language)
    app, draft = wizard("data", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: _lengths(draft) == 40)
        assert_snapshot(app, f"wizard_data_{language}")


def _lengths(draft) -> int:
    report = findings.report(draft)
    return len(report.lengths) if report is not None else 0


async def test_a_tall_screen_shows_the_first_rows_below_the_list(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    app, _ = wizard("data", identity(fill=FILLED))
    async with app.run_test(size=(120, 40)) as pilot:
        for told in ("read only", "row 2 of 40", "小炉"):
            await until(pilot, lambda told=told: told in screen_text(app))


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_rows_are_shown_with_trained_tokens_apart(
    language: str, danlu_home: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    put_embedded(tiny_model)
    words.use_language(language)
    app, draft = wizard("data", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: _lengths(draft) == 40)
        await pilot.press("v", "right")
        await rest(pilot, draft)
        assert_snapshot(app, f"wizard_rows_{language}")


async def test_an_open_placeholder_is_asked_for_before_going_on(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    app, draft = wizard("data", identity(fill={"NAME": "Ember"}))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        assert findings.unfilled(draft) == ["AUTHOR"]
        await pilot.press("end", "enter")
        assert draft.at == "data"
        await pilot.press(*"Lab", "enter")
        assert draft.spec.data.fill == {"NAME": "Ember", "AUTHOR": "Lab"}
        await rest(pilot, draft, lambda: not findings.unfilled(draft))
        await pilot.press("end", "enter")
        await pilot.pause()
        assert draft.at == "memory"


async def test_a_file_is_added_by_typing_and_removed_again(
    danlu_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    rows = [{"query": f"q {n}", "response": f"a {n}"} for n in range(3)]
    rows.append({"query": "empty", "response": ""})
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    app, draft = wizard("data")
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft)
        await pilot.press("a", *"mine", "enter")
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        shown = screen_text(app)
        assert "mine.jsonl" in shown and "query_response" in shown
        await pilot.press("e")
        await pilot.pause()
        assert "mine.jsonl:4" in screen_text(app)
        await pilot.press("escape", "home", "x")
        await pilot.pause()
        assert draft.spec.data.train == []


async def test_more_bad_rows_than_usual_are_left_out_when_that_is_confirmed(
    danlu_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    rows = [{"query": f"q {n}", "response": "" if n else "a"} for n in range(3)]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    app, draft = wizard("data", {"data": {"train": [str(tmp_path / "mine.jsonl")]}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        assert [problem.step for problem in problems(draft)] == ["data"]
        assert "Train on the 1 good row alone" in screen_text(app)
        await pilot.press("end", "up", "enter")
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        assert draft.spec.data.max_dropped == 0.667
        assert problems(draft) == []
        assert "good rows alone" not in screen_text(app)


async def test_a_hub_id_with_a_count_becomes_a_sampled_source(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    monkeypatch.setattr("tui.screens.data.findings.ask_check", lambda draft: None)
    app, draft = wizard("data")
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft)
        await pilot.press("h", *"ms::a/b#500", "enter")
        source = draft.spec.data.train[0]
        assert (source.source, source.sample) == ("ms::a/b", 500)
        await pilot.press("home", "enter")
        await pilot.pause()
        await pilot.press("end", "backspace", "enter")
        assert draft.spec.data.train[0].sample == 50


async def test_the_suggested_length_is_taken_with_a_key(
    danlu_home: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    put_embedded(tiny_model)
    app, draft = wizard("data", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: _lengths(draft) == 40)
        await pilot.press("m")
        report = findings.report(draft)
        wanted = lengths_of(report.lengths, 512) if report else None
        assert wanted is None or draft.spec.data.max_length == wanted.suggested
        assert draft.spec.data.max_length % 64 == 0


def test_strays_do_not_raise_the_suggested_length() -> None:
    found = lengths_of([100] * 199 + [5000], None)
    assert found is not None
    assert (found.suggested, found.cut) == (128, 1)
    assert lengths_of([100, 130], None).suggested == 192  # type: ignore[union-attr]
    assert lengths_of([5000] * 3, 2048).suggested == 2048  # type: ignore[union-attr]
    assert lengths_of([], None) is None


@pytest.mark.slow
async def test_a_data_set_is_taken_by_the_name_a_hub_knows_with_one_key(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)

    def located(source: Source, job: Job) -> None:
        if source.source == "ms::owner/rows:zh#5":
            missing = DanluError("hub.not_found", repo="owner/rows", hub="ModelScope")
            raise suggested(missing, "owner/rows", "dataset", "huggingface", "owner/rows-zh")
        raise DanluError("hub.offline", repo=source.source, variable="HF_HUB_OFFLINE")

    monkeypatch.setattr("engine.data.survey.locate", located)
    monkeypatch.setattr("engine.data.bulk.locate", located)
    app, draft = wizard("data", {"data": {"train": [{"source": "ms::owner/rows:zh#5"}]}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: bool(findings.renamings(draft)))
        assert "hf::owner/rows-zh" in screen_text(app)
        await pilot.press("y")
        await rest(pilot, draft, lambda: findings.report(draft) is not None)
        (source,) = draft.spec.data.train
        assert (source.source, source.subset, source.sample) == ("hf::owner/rows-zh", "zh", 5)


async def test_rows_of_a_file_are_looked_through_while_they_are_checked(
    danlu_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    checking = threading.Event()

    def endless(*_: object, job: Job, **__: object) -> None:
        checking.set()
        while True:
            job.check()
            job._cancelled.wait(0.05)

    monkeypatch.setattr("engine.data.check.check", endless)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"query": "{n}?", "response": "so {n}"}}\n' for n in range(3)))
    app, draft = wizard("data", {"data": {"train": [str(path)]}})
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, checking.is_set, 60)
        assert "a.jsonl" in screen_text(app)  # has room beside the lengths
        await pilot.press("v")
        await until(pilot, lambda: "so 0" in screen_text(app), 60)
        await pilot.press("end")
        await until(pilot, lambda: "so 2" in screen_text(app), 60)
        assert words.t("wizard_data.row_number", number=3) in screen_text(app)
        check = draft.desk.find("check")
        assert check is not None and not check.done
        check.job.cancel()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_pairs_of_answers_are_taken_for_preferences_with_one_key(
    language: str,
    danlu_home: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steady(monkeypatch, danlu_home)
    put_embedded(tiny_model)
    words.use_language(language)
    rows = write_pairs(tmp_path / "pairs.jsonl")
    app, draft = wizard("data", {"data": {"train": [str(rows)]}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: findings.tokenizer(draft) is not None)
        await until(pilot, lambda: findings.other_stage(draft) is not None)
        await pilot.press("y")
        assert draft.spec.method.stage == "dpo"
        await rest(pilot, draft, lambda: _lengths(draft) == 12)
        assert findings.other_stage(draft) is None and not problems(draft)
        await pilot.press("v")
        await rest(pilot, draft)
        await at_rest(pilot)
        assert_snapshot(app, f"wizard_pair_{language}")
