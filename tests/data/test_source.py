"""What a source names: a path, or a hub's data set with its subset and count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.data import fetch
from engine.data.files import locate
from engine.data.reference import DataReference, parsed
from engine.errors import DanluError
from engine.hub.fetch import Fetched
from engine.job import Job
from engine.spec.sections import Source


@pytest.mark.parametrize(
    ("text", "repo", "hub", "subset", "sample"),
    [
        ("owner/name", "owner/name", None, None, None),
        ("ms::owner/name", "owner/name", "modelscope", None, None),
        ("HF::owner/name:zh#500", "owner/name", "huggingface", "zh", 500),
        ("owner/name#20", "owner/name", None, None, 20),
        ("hf::owner/name@refs/pr/1:zh#5", "owner/name", "huggingface", "zh", 5),
        ("https://huggingface.co/datasets/owner/name", "owner/name", "huggingface", None, None),
        ("https://modelscope.cn/datasets/owner/name", "owner/name", "modelscope", None, None),
    ],
)
def test_ids_of_data_sets(
    text: str, repo: str, hub: str | None, subset: str | None, sample: int | None
) -> None:
    target, source = parsed(Source(text))
    assert (target.repo, target.hub, target.path) == (repo, hub, None)
    assert (source.subset, source.sample) == (subset, sample)


def test_what_stands_beside_the_name_wins_over_what_stands_in_it() -> None:
    _, source = parsed(Source("owner/name:zh#500", sample=3, subset="en"))
    assert (source.sample, source.subset) == (3, "en")
    target, _ = parsed(Source("ms::owner/name@v1", hub="huggingface", revision="v2"))
    assert (target.hub, target.revision) == ("huggingface", "v2")
    assert parsed(Source("ms::owner/name@v1"))[0].revision == "v1"


def test_an_existing_path_wins_over_every_other_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner").mkdir()
    for name in ("name", "name#5"):
        (tmp_path / "owner" / name).write_text("")
    assert parsed(Source("owner/name"))[0] == DataReference(path=Path("owner/name"))
    assert parsed(Source("owner/name#5"))[1].sample is None
    assert parsed(Source("owner/name#7"))[1].sample == 7
    assert parsed(Source("ms::owner/name"))[0].repo == "owner/name"


def test_a_missing_file_is_not_taken_for_a_data_set() -> None:
    for text in ("data/rows.jsonl", "./owner/name", "~/rows", "/owner/name"):
        assert parsed(Source(text))[0].repo is None


@pytest.fixture
def hub_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A downloaded data set; each fetch is counted in its file ``fetches``."""
    folder = tmp_path / "snapshot"
    for name in ("zh/train.jsonl", "zh/test.jsonl", "en/train.jsonl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps({"query": name, "response": "!"}))
    fetches = tmp_path / "fetches"

    def fetched(repo: str, **_: object) -> Fetched:
        fetches.write_text(fetches.read_text() + "x" if fetches.exists() else "x")
        return Fetched("modelscope", repo, folder, "main")

    monkeypatch.setattr(fetch.hub, "fetch", fetched)
    return folder


def names(folder: Path, source: Source) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in locate(source, Job()).files]


def test_the_subset_and_split_choose_files_by_name(hub_folder: Path) -> None:
    assert names(hub_folder, Source("owner/name:zh")) == ["zh/train.jsonl"]
    assert names(hub_folder, Source("owner/name:zh", split="test")) == ["zh/test.jsonl"]
    assert names(hub_folder, Source("owner/name")) == ["en/train.jsonl", "zh/train.jsonl"]
    with pytest.raises(DanluError) as caught:
        names(hub_folder, Source("owner/name:fr"))
    assert caught.value.code == "data.no_subset" and "zh/train.jsonl" in caught.value.why


def test_the_card_of_a_data_set_says_which_files_belong_to_a_subset(hub_folder: Path) -> None:
    (hub_folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: chinese\n  data_files:\n  - {split: train, path: zh/*}\n"
        "- config_name: default\n  data_files: en/train.jsonl\n---\n# Rows\n"
    )
    assert names(hub_folder, Source("owner/name:chinese")) == ["zh/test.jsonl", "zh/train.jsonl"]
    assert names(hub_folder, Source("owner/name")) == ["en/train.jsonl"]


def test_a_data_set_is_fetched_once(hub_folder: Path) -> None:
    for _ in range(3):
        names(hub_folder, Source("owner/name"))
    assert (hub_folder.parent / "fetches").read_text() == "x"


def test_a_hub_that_cannot_be_reached_is_a_named_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DanluError) as caught:
        locate(Source("nobody/nothing-of-that-name"), Job())
    assert caught.value.code == "hub.offline"
