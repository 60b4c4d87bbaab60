"""Step 1 of the wizard: choosing a model by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import words
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.wizard_parts import CPU, opened, put_embedded, rest, steady, wizard
from tui.widgets.row_list import RowList


@pytest.fixture(autouse=True)
def same_everywhere(danlu_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steady(monkeypatch, danlu_home)


@pytest.fixture
def embedded_model(danlu_home: Path, tiny_model: Path) -> None:
    put_embedded(tiny_model)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.usefixtures("embedded_model")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_models_on_this_machine_are_listed_with_their_facts(language: str) -> None:
    words.use_language(language)
    async with opened("model") as (app, _draft, _pilot):
        assert_snapshot(app, f"wizard_model_{language}")


@pytest.mark.usefixtures("embedded_model")
async def test_enter_takes_the_model_and_goes_on_to_the_data() -> None:
    async with opened("model") as (_app, draft, pilot):
        await pilot.press("enter")
        assert draft.at == "data"
        assert draft.spec.model.source == "embedded"


@pytest.mark.usefixtures("offline")
async def test_an_id_no_place_knows_is_taken_as_it_was_typed() -> None:
    async with opened("model") as (app, draft, pilot):
        await pilot.press("h", *"zzz")
        await pilot.press("enter")
        assert draft.spec.model.source == "embedded"  # a word that finds nothing takes nothing
        await pilot.press(*"/zzz", "enter")
        await rest(pilot, draft)
        assert draft.spec.model.source == "zzz/zzz"
        shown = screen_text(app)
        assert "to fetch" in shown and "not on this machine yet" in shown.lower()


@pytest.mark.usefixtures("offline")
async def test_the_address_of_a_hub_page_names_model_and_hub() -> None:
    async with opened("model") as (_app, draft, pilot):
        await pilot.press("h", *"https://modelscope.cn/models/Qwen/Qwen3-8B", "enter")
        assert draft.spec.model.source == "Qwen/Qwen3-8B"
        assert draft.spec.model.hub == "modelscope"
        await pilot.press("u")
        assert draft.spec.model.hub == "huggingface"


async def test_a_model_folder_is_found_by_typing_part_of_its_name(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "tiny-qwen").symlink_to(tiny_model)
    monkeypatch.chdir(tmp_path)
    async with opened("model") as (app, draft, pilot):
        await pilot.press("o", *"dee", "enter", *"qw", "enter")
        await rest(pilot, draft)
        assert Path(draft.spec.model.source) == tiny_model
        assert "qwen2" in screen_text(app)


@pytest.mark.usefixtures("embedded_model")
async def test_typing_in_the_filter_narrows_the_list_and_escape_shows_all_again() -> None:
    app, draft = wizard("model")
    draft.typed_models.append("Qwen/Qwen3-8B")
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft)
        await pilot.press("slash", *"qwen")
        await pilot.pause()
        assert "SmolLM2-135M-Instruct (built in)" not in screen_text(app).split("params")[1][:300]
        await pilot.press("escape")
        await pilot.pause()
        assert "Qwen/Qwen3-8B" in screen_text(app)
        assert "SmolLM2" in screen_text(app)


@pytest.mark.usefixtures("embedded_model")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_typing_shows_the_catalogue_below_the_models_here(language: str) -> None:
    words.use_language(language)
    async with opened("model") as (app, draft, pilot):
        assert "Llama-3.2" not in screen_text(app)
        await pilot.press("slash", *"llama-3.2")
        await rest(pilot, draft)
        await pilot.press("enter")
        await rest(pilot, draft)
        assert_snapshot(app, f"wizard_model_catalogue_{language}")
        await pilot.press("enter")
        assert draft.spec.model.source == "LLM-Research/Llama-3.2-1B"


@pytest.mark.usefixtures("offline")
async def test_the_built_in_model_is_known_before_it_is_fetched() -> None:
    async with opened("model") as (app, _draft, _pilot):
        shown = screen_text(app)
        assert shown.count("135 M") == 2 and shown.count("257 MiB") == 2  # its row and its facts
        assert "PyPI" in shown


@pytest.mark.usefixtures("offline")
async def test_a_large_terminal_lists_what_the_catalogue_has_for_this_machine() -> None:
    async with opened("model", size=(200, 50)) as (app, _draft, _pilot):
        rows = app.screen.query_one(RowList).rows
        assert [row.source or row.action for row in rows[:3]] == ["embedded", "hub_id", "browse"]
        assert len(rows) > 40
        sizes = [row.size for row in rows[3:20]]
        assert sizes == sorted(sizes, reverse=True) and sizes[0] <= CPU.free_bytes
