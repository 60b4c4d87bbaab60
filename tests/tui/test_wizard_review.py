"""Step 5 of the wizard, and the ways in and out of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import words
from engine.recipes import find_recipe, list_recipes
from engine.runs.journal import JournalWriter
from engine.runs.store import list_runs
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import until
from tests.tui.wizard_parts import FILLED, estimate_of, identity, put_embedded, rest, steady, wizard
from tui.app import DanluApp
from tui.screens.recipes import RecipesScreen
from tui.widgets.row_list import RowList
from tui.wizard import estimates, findings, start_recipe, start_wizard
from tui.wizard.command_line import command_line
from tui.wizard.draft import Draft
from tui.wizard.forecast import forecast


@pytest.fixture(autouse=True)
def quick(danlu_home: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed machine and estimate, the tiny model, and no import of transformers."""
    steady(monkeypatch, danlu_home)
    put_embedded(tiny_model)
    monkeypatch.setattr("tui.wizard.findings.ask_tokenizer", lambda draft: None)
    monkeypatch.setattr(
        "engine.memory.estimate.estimate",
        lambda spec, folder, machine, **given: estimate_of(spec, 17.5, 23.1),
    )


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_review_tells_what_will_run(language: str) -> None:
    words.use_language(language)
    app, draft = wizard("review", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: _all_known(draft))
        assert_snapshot(app, f"wizard_review_{language}")


def test_it_names_whose_weights_a_run_begins_with(tmp_path: Path) -> None:
    _, draft = wizard("review", identity(fill=FILLED))
    told = {fact.name: fact.value for fact in forecast(draft)}
    assert words.t("wizard_review.begins") not in told
    draft.change({"method.adapter": str(tmp_path / "demo" / "checkpoint-20")})
    told = {fact.name: fact.value for fact in forecast(draft)}
    assert told[words.t("wizard_review.begins")] == "demo/checkpoint-20"


def _all_known(draft: Draft) -> bool:
    known = (estimates.verdict(draft), findings.facts(draft), findings.report(draft))
    return all(found is not None for found in known)


async def test_what_is_wrong_stands_first_and_enter_goes_there() -> None:
    app, draft = wizard("review")
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft)
        assert "There are no training rows yet." in screen_text(app)
        await pilot.press("end", "up", "up", "enter")
        assert list_runs() == [], "start does nothing while something is wrong"
        assert app.screen.query_one(RowList).cursor == 0, "it points at what is wrong"
        await pilot.press("enter")
        await pilot.pause()
        assert draft.at == "data"


async def test_two_keys_from_home_start_the_identity_recipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = []
    monkeypatch.setattr(DanluApp, "start_training", lambda app, run: started.append(run))
    app = DanluApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        start_recipe(app, find_recipe("identity"))
        await pilot.pause()
        draft = app.screen.draft  # type: ignore[attr-defined]
        assert draft.at == "review"
        await rest(pilot, draft)
        await pilot.press("enter")
        await pilot.pause()
    assert [run.name for run in started] == [run.name for run in list_runs()]
    spec = started[0].spec()
    assert spec.model.source == "embedded"
    assert spec.data.fill["AUTHOR"]


async def test_a_recipe_that_needs_data_opens_where_the_person_is_needed() -> None:
    app = DanluApp()
    async with app.run_test(size=(80, 24)) as pilot:
        for recipe in list_recipes():
            start_recipe(app, recipe)
            await pilot.pause()
            draft = app.screen.draft  # type: ignore[attr-defined]
            needed = "model" if recipe.model_needed else "data" if recipe.data_needed else "review"
            assert draft.at == needed, recipe.name
            draft.desk.close()


async def test_a_recipe_that_was_left_goes_on_where_it_was_and_disturbs_no_other() -> None:
    app = DanluApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        start_wizard(app)
        await pilot.pause()
        own = app.screen.draft  # type: ignore[attr-defined]
        await pilot.press("escape")
        start_recipe(app, find_recipe("own-data"))
        await pilot.pause()
        draft = app.screen.draft  # type: ignore[attr-defined]
        draft.change({"train.num_train_epochs": 2})
        await pilot.press("escape")
        start_recipe(app, find_recipe("own-data"))
        await pilot.pause()
        assert app.screen.draft is draft  # type: ignore[attr-defined]
        await pilot.press("escape")
        start_wizard(app)
        await pilot.pause()
        assert app.screen.draft is own  # type: ignore[attr-defined]
        own.desk.close()
        draft.desk.close()


async def test_going_back_and_forth_loses_nothing_and_escape_retraces_the_way() -> None:
    app, draft = wizard("model", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft)
        before = draft.spec
        for key in ("right", "right", "5", "2", "1", "4"):
            await pilot.press(key)
            await pilot.pause()
        assert draft.at == "parameters"
        assert draft.spec == before
        seen = []
        for _ in range(6):
            await pilot.press("escape")
            await pilot.pause()
            seen.append(draft.at)
        assert seen == ["model", "data", "review", "memory", "data", "model"]


async def test_a_wizard_that_was_left_goes_on_where_it_was() -> None:
    app = DanluApp()
    async with app.run_test(size=(80, 24)) as pilot:
        start_wizard(app)
        await pilot.pause()
        draft: Draft = app.screen.draft  # type: ignore[attr-defined]
        await pilot.press("4")
        await pilot.pause()
        draft.change({"train.seed": 7})
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert not hasattr(app.screen, "draft")
        start_wizard(app)
        await pilot.pause()
        assert app.screen.draft is draft  # type: ignore[attr-defined]
        await pilot.press("1")
        await pilot.pause()
        await pilot.press("n", "y")
        await until(pilot, lambda: app.screen.draft is not draft)  # type: ignore[attr-defined]
        assert app.screen.draft.spec.train.seed == 42  # type: ignore[attr-defined]
        assert app.screen.draft.at == "model"  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_language_switches_on_every_step_without_losing_the_place() -> None:
    app, draft = wizard("model", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        for key, word in (
            ("1", "模型"),
            ("2", "来源"),
            ("3", "内存"),
            ("4", "就用这些值"),
            ("5", "步数"),
        ):
            words.use_language("en")
            await pilot.press(key)
            await rest(pilot, draft)
            await pilot.press("f2")
            await until(pilot, lambda word=word: word in screen_text(app))
            assert isinstance(app.focused, RowList), "the keys still move the list"
            assert "确认" in screen_text(app)


async def test_saving_makes_an_own_recipe_and_writing_makes_the_command_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app, draft = wizard("review", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft)
        await pilot.press("s", *"mine", "enter")
        await pilot.pause()
        assert "mine" in [recipe.name for recipe in list_recipes() if recipe.own]
        await pilot.press("w", "enter")
        await pilot.pause()
        assert (tmp_path / "danlu-run.yaml").is_file()
        draft.change({"method.lora_rank": 8})
        assert command_line(draft).endswith("danlu-run.yaml --set lora_rank=8")


def test_the_command_names_the_recipe_and_what_was_changed() -> None:
    from engine.spec.yaml_form import read_spec

    recipe = find_recipe("identity")
    draft = Draft(read_spec(recipe.path, by="recipe"), recipe)
    draft.change({"data.fill": {"NAME": "小 炉"}, "train.max_steps": 5})
    line = command_line(draft)
    assert line.startswith(f"danlu train {recipe.name} --set ")
    assert "max_steps=5" in line and "fill=" in line


@pytest.mark.parametrize(
    ("ended", "screen"), [("failed", "ReviewScreen"), ("finished", "ModelScreen")]
)
async def test_what_was_filled_in_comes_back_when_its_run_fails(
    monkeypatch: pytest.MonkeyPatch, ended: str, screen: str
) -> None:
    monkeypatch.setattr(DanluApp, "start_training", lambda app, run: None)
    app, draft = wizard("review", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: _all_known(draft))
        app.screen.query_one(RowList).focus()
        await pilot.press("enter")
        await pilot.pause()
        (run,) = list_runs()
        journal = JournalWriter(run.path)
        journal.write("status", status=ended)
        journal.close()
        start_wizard(app)
        await pilot.pause()
        assert type(app.screen).__name__ == screen
        found: Draft = app.screen.draft  # type: ignore[attr-defined]
        assert (found.spec == draft.spec) is (ended == "failed")


async def test_a_large_terminal_shows_who_chose_what_beside_review_and_recipes() -> None:
    app, draft = wizard("review", identity(fill=FILLED))
    async with app.run_test(size=(200, 50)) as pilot:
        await rest(pilot, draft)
        draft.change({"train.num_train_epochs": 7})
        await rest(pilot, draft)
        shown = screen_text(app)
        assert re.search(r"Epochs +7 epochs", shown)
        assert re.search(r"machine +Precision +float32 +a CPU", shown)
        app.push_screen(RecipesScreen())
        await until(pilot, lambda: "LoRA alpha" in screen_text(app))
        assert "SmolLM2-135M-Instruct" in screen_text(app)
