"""Where a model is found: here, in a cache, on a hub."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.errors import DanluError
from engine.job import Job
from engine.models import embedded
from engine.models.describe import describe
from engine.models.locate import LocatedModel, is_whole, locate, locate_here
from engine.models.shelf import shelf
from engine.spec.sections import Model
from tests.hub.loopback_hub import loopback_hub

REPO = "owner/tiny.model"


def find(source: str, job: Job | None = None, **how: str) -> LocatedModel:
    return locate(Model(source=source, **how), job or Job())  # type: ignore[arg-type]


def in_modelscope_cache(caches: Path, model: Path, repo: str = REPO) -> Path:
    folder = caches / "ms" / "models" / repo.replace("/", "--") / "snapshots" / "master"
    return Path(shutil.copytree(model, folder))


def in_huggingface_cache(caches: Path, model: Path, repo: str = REPO) -> Path:
    root = caches / "hf" / "hub" / f"models--{repo.replace('/', '--')}"
    folder = Path(shutil.copytree(model, root / "snapshots" / ("c" * 40)))
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("c" * 40)
    return folder


def test_a_folder_is_taken_as_it_is(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job()
    found = find(str(tiny_model), job)
    assert (found.folder, found.origin, found.revision) == (tiny_model.resolve(), "local", None)
    assert job.notes == [(found.why, found.values)] and found.why == "note_model.local"
    monkeypatch.chdir(tiny_model.parent)
    assert find(tiny_model.name).folder == tiny_model.resolve()


@pytest.mark.parametrize("source", ["./nowhere", "/nowhere/at/all", "~/nowhere", "a b", "a/b/c"])
def test_what_is_neither_folder_nor_id_is_told_so(source: str) -> None:
    with pytest.raises(DanluError) as caught:
        find(source)
    assert caught.value.code == "model.not_found"


def test_a_cached_model_is_found_without_a_network(caches: Path, tiny_model: Path) -> None:
    assert locate_here(Model(source=REPO), Job()) is None
    huggingface = in_huggingface_cache(caches, tiny_model)
    found = find(REPO)
    assert (found.folder, found.origin, found.revision) == (huggingface, "cache", "c" * 40)
    modelscope = in_modelscope_cache(caches, tiny_model)
    assert find(REPO).folder == modelscope  # ModelScope's first
    assert find(REPO, hub="huggingface").folder == huggingface
    assert find(f"https://huggingface.co/{REPO}").folder == huggingface
    assert find(f"https://modelscope.cn/models/{REPO}/summary").folder == modelscope


def test_the_layout_of_older_modelscope_clients_is_known(caches: Path, tiny_model: Path) -> None:
    folder = caches / "ms" / "hub" / "models" / "owner" / "tiny___model"
    shutil.copytree(tiny_model, folder)
    assert find(REPO).folder == folder
    assert [entry.source for entry in shelf()] == [REPO]


def test_a_half_fetched_copy_is_not_taken(caches: Path, tiny_model: Path) -> None:
    folder = in_modelscope_cache(caches, tiny_model)
    assert is_whole(folder)
    weights = folder / "model.safetensors"
    weights.rename(folder / "model.safetensors.incomplete")
    assert not is_whole(folder) and shelf() == []
    with pytest.raises(DanluError) as caught:
        find(REPO)
    assert caught.value.code == "hub.unreachable"


def test_a_model_on_a_hub_is_fetched_once(
    caches: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with loopback_hub() as hub:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", hub.address)
        hub.add(REPO, tiny_model)
        found = find(REPO)
        assert found.origin == "modelscope" and describe(found.folder) == describe(tiny_model)
        asked = len(hub.requests)
        assert find(REPO).origin == "cache" and len(hub.requests) == asked


def test_the_shelf_shows_what_is_here(caches: Path, tiny_model: Path) -> None:
    assert shelf() == []
    in_modelscope_cache(caches, tiny_model, "a/one")
    in_huggingface_cache(caches, tiny_model, "b/two")
    shutil.copytree(tiny_model, embedded.embedded_folder())
    entries = {entry.source: entry for entry in shelf()}
    assert list(entries) == ["embedded", "a/one", "b/two"]
    assert entries["a/one"].origin == "modelscope"
    assert entries["a/one"].parameters == describe(tiny_model).parameters


def test_the_embedded_model_is_found_in_every_cache_first(
    caches: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = in_huggingface_cache(caches, tiny_model, embedded.REPO)
    assert find("embedded").folder == folder
    own = Path(shutil.copytree(tiny_model, embedded.embedded_folder()))
    assert find("embedded").folder == own
