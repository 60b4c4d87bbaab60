"""The one box in which models and data sets are found, and the tokens that open the closed ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine import words
from engine.hardware import Machine
from tests.hub.conftest import write_safetensors
from tests.publish.loopback_upload import UploadHub, upload_hub
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import at_rest, until
from tests.tui.wizard_parts import GIB, identity, put_embedded, rest, steady, wizard
from tui.app import DanluApp
from tui.screens import hub_box
from tui.screens.accounts import AccountsScreen
from tui.screens.hub_box import HubBoxScreen, ModelBoxScreen
from tui.screens.model import ModelScreen
from tui.wizard.known_columns import known_columns

TOKEN = "hf_thisisaverysecrettoken"
BOX = ModelBoxScreen


@pytest.fixture
def hubs(
    tmp_path: Path, danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, UploadHub]]:
    """Two hubs that the app is pointed at, with a few models and one data set."""
    steady(monkeypatch, danlu_home)
    monkeypatch.setattr(hub_box, "REST", 0.05)
    monkeypatch.setattr("tui.wizard.hub_facts.free_disk_bytes", lambda folder: 100 * GIB)
    monkeypatch.setattr("engine.hub.room.free_disk_bytes", lambda folder: 100 * GIB)
    for name in ("HF_TOKEN", "MODELSCOPE_API_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"pickle" * 999)
    write_safetensors(folder / "model.safetensors", 2 * 2**20)
    rows = tmp_path / "published-rows"
    rows.mkdir()
    (rows / "train.jsonl").write_text('{"query": "?", "response": "!"}\n' * 200)
    with upload_hub() as modelscope, upload_hub() as huggingface:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", modelscope.address)
        monkeypatch.setenv("HF_ENDPOINT", huggingface.address)
        monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
        monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "ms-home"))
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        huggingface.account("ember", TOKEN)
        huggingface.members.add(TOKEN)
        about = {"license": "mit", "downloads": 41}
        modelscope.add("owner/forge-1b", folder, **about)
        huggingface.add("owner/forge-1b", folder, parameters=1_000_000_000, **about)
        huggingface.add("owner/forge-closed", folder, gated=True, downloads=3)
        huggingface.add("owner/forge-rows", rows, "dataset", **about)
        yield {"modelscope": modelscope, "huggingface": huggingface}


async def answered(pilot: Pilot[None], app: DanluApp) -> None:
    """Wait until every place has answered what is typed, and it is drawn."""

    def all_there() -> bool:
        screen = app.screen
        if not isinstance(screen, HubBoxScreen):
            return False
        search = screen._search
        asked = [search.count(hub) is not None or search.error(hub) for hub in search.query.hubs]
        return all(asked) and not search.searching

    await until(pilot, all_there)
    await at_rest(pilot)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_typing_asks_both_hubs_and_enter_takes_what_was_found(
    language: str, hubs: dict[str, UploadHub], tiny_model: Path
) -> None:
    put_embedded(tiny_model)
    words.use_language(language)
    app, draft = wizard("model")
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft)
        await pilot.press("h", *"forge-1b")
        await answered(pilot, app)
        assert_snapshot(app, f"hub_box_{language}")
        await pilot.press("enter")
        assert isinstance(app.screen, ModelScreen)
        assert draft.spec.model.source == "owner/forge-1b"
        assert not hubs["modelscope"].asked("FilePath=model.safetensors")  # nothing was fetched


@pytest.mark.slow
async def test_a_closed_model_says_so_and_one_key_leads_to_the_token(
    hubs: dict[str, UploadHub], tmp_path: Path, danlu_home: Path
) -> None:
    app, draft = wizard("model")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", *"forge-closed")
        await answered(pilot, app)
        assert "terms must be agreed to" in " ".join(screen_text(app).split())
        await pilot.press("down", "t")
        await until(pilot, lambda: "Access token of Hugging Face" in screen_text(app), 10)
        await pilot.press(*TOKEN)
        assert TOKEN not in screen_text(app) and "•••" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BOX), 20)
        await answered(pilot, app)
        await pilot.press("f")  # take it and fetch it now
        await until(pilot, lambda: bool(draft.desk.find("fetch")), 10)
        task = draft.desk.find("fetch")
        assert task is not None
        await until(pilot, lambda: task.done, 30)
    assert hubs["huggingface"].asked("/lfs/model.safetensors")
    for path in danlu_home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


@pytest.mark.slow
async def test_a_name_that_no_hub_has_is_said_before_it_is_taken(
    hubs: dict[str, UploadHub],
) -> None:
    app, _ = wizard("model")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", *"owner/froge-1b")
        await answered(pilot, app)
        shown = " ".join(screen_text(app).split())
        assert "Take it as typed: owner/froge-1b" in shown and "Check the spelling" in shown


def test_what_the_catalogue_knows_of_columns_goes_into_the_spec() -> None:
    assert known_columns("hf::shibing624/AdvertiseGen#500") == {
        "columns": {"content": "query", "summary": "response"}
    }
    assert known_columns("nobody/knows") == known_columns("/some/path.jsonl") == {}


@pytest.mark.slow
async def test_offline_the_box_says_that_only_the_catalogue_is_shown(
    hubs: dict[str, UploadHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    app, draft = wizard("model")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", *"smollm2-135m")
        await answered(pilot, app)
        shown = screen_text(app)
        assert "No hub could be asked" in shown and "HuggingFaceTB/SmolLM2-135M" in shown
        await pilot.press(*["backspace"] * 12, *"huggingfacetb/smollm2-1")
        await answered(pilot, app)
        shown = screen_text(app)
        typed = shown.index("Take it as typed: huggingfacetb/smollm2-1")
        assert shown.index("HuggingFaceTB/SmolLM2-135M") < typed, "what begins so comes first"
        await pilot.press(*["backspace"] * 23, *"some/thing-else")
        await answered(pilot, app)
        assert "Take it as typed: some/thing-else" in screen_text(app)
        await pilot.press("enter")
        assert draft.spec.model.source == "some/thing-else"


async def test_a_whole_name_means_itself_and_not_a_longer_one(
    hubs: dict[str, UploadHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    app, draft = wizard("model")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", *"HuggingFaceTB/SmolLM2-1")
        await answered(pilot, app)
        await pilot.press("enter")
        assert draft.spec.model.source == "HuggingFaceTB/SmolLM2-1"


async def test_the_list_is_sorted_by_what_fits_this_machine(
    hubs: dict[str, UploadHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    app, draft = wizard("model")
    draft.machine = Machine(2, 4 * GIB, 4 * GIB, ())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("s")
        await rest(pilot, draft)
        screen = app.screen
        assert isinstance(screen, ModelScreen)
        rows = [row for row in screen.query_one("#models").rows if row.parameters]  # type: ignore[attr-defined]
        assert 1.9e9 < rows[0].parameters < 2.2e9 and rows[-1].parameters > 1e11
        await pilot.press("h")
        await pilot.pause()
        await pilot.press("down", "s")
        await at_rest(pilot)
        found = app.screen._rows()  # type: ignore[attr-defined]
        assert found[0].found.parameters == rows[0].parameters
        assert "the largest that fits first" in screen_text(app)


@pytest.mark.slow
async def test_a_data_set_is_added_from_the_box_with_its_count(hubs: dict[str, UploadHub]) -> None:
    app, draft = wizard("data", identity())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", *"hf::owner/forge-rows#20")
        await answered(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: len(draft.spec.data.train) == 2, 10)
        added = draft.spec.data.train[1]
        assert (added.source, added.sample) == ("hf::owner/forge-rows", 20)
        await rest(pilot, draft)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_accounts_show_where_tokens_are_and_forget_them(
    language: str, hubs: dict[str, UploadHub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words.use_language(language)
    (tmp_path / "hf").mkdir(exist_ok=True)
    (tmp_path / "hf" / "token").write_text(TOKEN)
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "ms_another")
    monkeypatch.chdir(tmp_path)
    app = DanluApp(first=AccountsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        shown = screen_text(app)
        assert "MODELSCOPE_API_TOKEN" in shown and "ms_another" not in shown and TOKEN not in shown
        await pilot.press("down", "x", "y")
        await until(pilot, lambda: not (tmp_path / "hf" / "token").exists(), 20)
