"""Recipes: the shipped ones are right, own ones stand beside them, broken ones are shown."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from engine import words
from engine.errors import DanluError
from engine.hardware import Machine
from engine.home import recipes_root, templates_root
from engine.recipes import Recipe, find_recipe, list_recipes, load_recipe, save_recipe
from engine.spec.resolve import resolve, steps_of
from engine.spec.run_spec import RunSpec
from engine.spec.sections import PARAMETERS
from tui.cli import recipes as recipes_verb

SHIPPED = [recipe.name for recipe in list_recipes() if not recipe.own]
CPU = Machine(cores=2, ram_bytes=8 << 30, ram_free_bytes=6 << 30, gpus=())


def identity_rows() -> list[dict[str, str]]:
    path = templates_root() / "data" / "identity.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_shipped_recipes_are_there_in_their_order() -> None:
    assert SHIPPED[:2] == ["identity", "identity-7b"]
    assert {"own-data", "domain-mixed", "news-classifier", "qlora-small-card"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_passes_the_checks_and_speaks_both_languages(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe.error is None
    for texts in (recipe.title, recipe.when, recipe.needs):
        assert set(texts) == set(words.LANGUAGES)
    spec = resolve(load_recipe(name), CPU)
    assert spec.model.source != "embedded" or recipe.model_needed or name == "identity"
    assert spec.data.train or recipe.data_needed
    for source in spec.data.train:
        assert Path(source.source).is_file() or name == "domain-mixed"


@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_recipe_sets_was_chosen_by_the_recipe(name: str) -> None:
    spec = load_recipe(name)
    assert spec.origin("method.tuner").by == "recipe"
    assert {spec.origin(path).by for path in PARAMETERS} == {"recipe", "default"}


def test_the_identity_rows_are_forty_different_questions_in_two_languages() -> None:
    rows = identity_rows()
    assert len({row["instruction"] for row in rows}) == len(rows) == 40
    chinese = [
        row for row in rows if any("\u4e00" <= char <= "\u9fff" for char in row["instruction"])
    ]
    assert len(chinese) == 20
    assert all(set(row) == {"instruction", "input", "output"} for row in rows)
    assert load_recipe("identity").data.fill.keys() == {"NAME", "AUTHOR"}


def test_the_identity_recipe_saves_about_three_times_and_watches_both_languages() -> None:
    spec = load_recipe("identity")
    steps = steps_of(spec, 40)
    assert 2 <= steps / (spec.train.save_steps or 1) <= 4
    assert spec.watch.prompts == ["你是谁？", "Who are you?"]
    assert spec.data.max_length == 256


def test_the_seven_billion_recipe_is_the_published_one() -> None:
    spec = load_recipe("identity-7b")
    train, method = spec.train, spec.method
    assert (method.lora_rank, method.lora_alpha, method.target_modules) == (8, 32, "all-linear")
    assert (train.learning_rate, train.num_train_epochs, train.warmup_ratio) == (1e-4, 10, 0.05)
    assert (train.per_device_train_batch_size, train.gradient_accumulation_steps) == (1, 16)
    assert (train.logging_steps, train.eval_steps, train.save_steps) == (5, 50, 50)
    assert (train.save_total_limit, spec.data.max_length, spec.model.dtype) == (2, 2048, "bfloat16")


def test_a_saved_recipe_stands_beside_the_shipped_and_loads_to_what_was_chosen() -> None:
    chosen = {"method.lora_rank": 4, "data.system": "You are 小炉.", "run.name": "tuesday"}
    spec = resolve(load_recipe("identity").with_values(chosen), CPU)
    saved = save_recipe(spec, "my furnace", "我的炉子")
    assert saved.own and saved.error is None and saved.title_text == "我的炉子"
    assert saved.name in [recipe.name for recipe in list_recipes()]
    loaded = load_recipe(saved.name)
    assert (loaded.method.lora_rank, loaded.data.system) == (4, "You are 小炉.")
    assert loaded.train.learning_rate == spec.train.learning_rate
    assert loaded.data.train == spec.data.train
    # What the machine decided, and the name of one run, are not part of it.
    assert (loaded.model.dtype, loaded.run.name) == ("auto", None)


def test_saving_again_replaces_and_an_own_recipe_goes_before_a_shipped_one() -> None:
    save_recipe(RunSpec().with_values({"train.seed": 1}), "identity")
    save_recipe(RunSpec().with_values({"train.seed": 2}), "identity")
    assert [recipe.own for recipe in list_recipes() if recipe.name == "identity"] == [False, True]
    assert load_recipe("identity").train.seed == 2


@pytest.mark.parametrize("name", ["", "  ", "../..", "///"])
def test_a_name_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(DanluError) as caught:
        save_recipe(RunSpec(), name)
    assert caught.value.code == "recipe.bad_name"


def test_a_name_cannot_lead_out_of_the_folder() -> None:
    assert save_recipe(RunSpec(), "../escape/x").path.parent == recipes_root()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("train: {seed: many}", "spec.wrong_type"),
        ("recipe: nice\n", "recipe.bad_block"),
        ("a: [", "spec.not_yaml"),
        ("", "spec.not_a_mapping"),
    ],
)
def test_a_broken_own_recipe_is_listed_with_what_is_wrong(text: str, code: str) -> None:
    recipes_root().mkdir(parents=True)
    (recipes_root() / "bad.yaml").write_text(text)
    bad = list_recipes()[-1]
    assert (bad.name, bad.own) == ("bad", True)
    assert bad.error is not None and bad.error.code == code
    with pytest.raises(DanluError):
        load_recipe("bad")


def test_a_name_that_is_none_tells_the_nearest() -> None:
    with pytest.raises(DanluError) as caught:
        load_recipe("identiti")
    assert caught.value.values["nearest"] == "identity"
    with pytest.raises(DanluError) as caught:
        load_recipe("zzzzqqqq")
    assert caught.value.code == "recipe.not_found"


@pytest.mark.parametrize("tongue", words.LANGUAGES)
def test_the_command_lists_them_with_how_to_start(
    tongue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recipes_root().mkdir(parents=True)
    (recipes_root() / "bad.yaml").write_text("train: {seed: many}")
    words.use_language(tongue)
    assert recipes_verb.run(argparse.Namespace(json=False)) == 0
    printed = capsys.readouterr().out
    assert all(f"danlu train {name}" in printed for name in SHIPPED)
    assert "AI-ModelScope/alpaca-gpt4-data-zh#500" in printed
    assert str(recipes_root() / "bad.yaml") in printed
    recipes_verb.run(argparse.Namespace(json=True))
    documents = json.loads(capsys.readouterr().out)
    assert documents[0]["title"] == find_recipe("identity").title[tongue]
    assert documents[-1]["error"]["code"] == "spec.wrong_type"


def test_a_recipe_without_texts_is_called_by_its_name(tmp_path: Path) -> None:
    assert Recipe("plain", tmp_path, own=True).title_text == "plain"
