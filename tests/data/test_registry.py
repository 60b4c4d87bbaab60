"""LLaMA-Factory's dataset_info.json as a source, read as its users have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.data.check import check
from engine.data.files import locate
from engine.data.registry import registered
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

ROLES = {"role_tag": "role", "content_tag": "content", "user_tag": "user",
         "assistant_tag": "assistant"}  # fmt: skip
OWN = {"role_tag": "who", "content_tag": "says", "user_tag": "guest", "assistant_tag": "host"}
ENTRIES: dict[str, dict[str, Any]] = {
    "plain": {"file_name": "plain.json"},
    "mapped": {"file_name": "mapped.jsonl",
               "columns": {"prompt": "frage", "response": "antwort"}, "num_samples": 1},
    "chats": {"file_name": "chats.json", "formatting": "sharegpt",
              "columns": {"messages": "msgs"}, "tags": ROLES},
    "guests": {"file_name": "guests.json", "formatting": "sharegpt", "tags": OWN},
    "pairs": {"file_name": "pairs.json", "ranking": True,
              "columns": {"prompt": "q", "chosen": "a", "rejected": "b"}},
    "labels": {"file_name": "labels.json", "formatting": "sharegpt", "tags": ROLES,
               "columns": {"messages": "messages", "kto_tag": "good"}},
    "text": {"file_name": "book.txt", "columns": {"prompt": "text"}},
    "hub": {"hf_hub_url": "a/b", "ms_hub_url": "a/b", "subset": "zh", "split": "test"},
    "hub2": {"hf_hub_url": "a/b", "ms_hub_url": "c/d"},
    "sound": {"file_name": "x.json", "columns": {"messages": "m", "audios": "a"}, "odd": 1},
    "script": {"script_url": "x.py"},
}  # fmt: skip
FILES: dict[str, Any] = {
    "plain.json": [{"instruction": "?", "input": "", "output": "!", "system": "hidden"}],
    "mapped.jsonl": [{"frage": "1", "antwort": "!"}, {"frage": "2", "antwort": "!"}],
    "chats.json": [{"msgs": [{"role": "user", "content": "?"},
                             {"role": "assistant", "content": "!"}]}],
    "guests.json": [{"conversations": [{"who": "guest", "says": "?"},
                                       {"who": "host", "says": "!"}]}],
    "pairs.json": [{"q": "?", "a": "!", "b": "no"}],
    "labels.json": [{"messages": [{"role": "user", "content": "?"},
                                  {"role": "assistant", "content": "!"}], "good": False}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dataset_info.json").write_text(json.dumps(ENTRIES))
    (tmp_path / "book.txt").write_text("One.\nTwo.\n")
    for name, rows in FILES.items():
        lines = name.endswith(".jsonl")
        text = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "stage", "format"),
    [
        ("plain", "sft", "alpaca"),
        ("mapped", "sft", "alpaca"),
        ("chats", "sft", "messages"),
        ("guests", "sft", "sharegpt"),
        ("pairs", "dpo", "alpaca"),
        ("labels", "kto", "messages"),
        ("text", "pt", "text"),
    ],
)
def test_every_kind_of_entry_is_read(folder: Path, name: str, stage: str, format: str) -> None:
    for place in (folder, folder / "dataset_info.json"):
        report = check([Source(f"{place}:{name}")], stage="auto", content=False)
        assert report.ok and report.kept
        assert (report.sources[0].stage, report.sources[0].format) == (stage, format)


def test_columns_an_entry_does_not_name_are_hidden(folder: Path) -> None:
    (row,) = check([Source(f"{folder}:plain")]).conversations
    assert [message["role"] for message in row.messages] == ["user", "assistant"]


def test_several_names_and_counts_are_one_source(folder: Path) -> None:
    report = check([Source(f"{folder}:plain,mapped,chats")], content=False)
    (source,) = report.sources
    assert (source.rows, source.taken, source.format) == (4, 3, "alpaca+messages")
    report = check([Source(f"{folder}:plain,mapped,chats#2")], content=False)
    assert report.sources[0].taken == 2 == len(list(report.conversations))
    files = locate(Source(f"{folder}:plain,chats"), Job()).files
    assert [file.name for file in files] == ["plain.json", "chats.json"]


def test_entries_of_hubs_become_ids_of_data_sets(folder: Path) -> None:
    found = registered(Source(f"{folder}:hub,hub2"))
    assert found is not None
    one, other = found[1]
    assert (one.source, one.subset, one.split) == ("a/b", "zh", "test")
    assert other.source == "ms::c/d"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("dataset_info.json", "registry_names", "plain, mapped"),
        ("dataset_info.json:plane", "registry_unknown", "plain"),
        ("dataset_info.json:sound", "registry_unsupported", "odd, columns.audios"),
        ("dataset_info.json:script", "registry_unsupported", "script_url"),
    ],
)
def test_what_cannot_be_read_is_named(folder: Path, name: str, code: str, said: str) -> None:
    with pytest.raises(DanluError) as caught:
        registered(Source(str(folder / name)))
    assert caught.value.code == f"data.{code}" and said in caught.value.why


def test_a_broken_registry_is_a_named_error(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    for text in ("{", "[]", '{"a": 1}'):
        path.write_text(text)
        with pytest.raises(DanluError) as caught:
            registered(Source(f"{path}:a"))
        assert caught.value.code == "data.registry_broken"


def test_a_spec_beside_a_registry_names_it_by_its_own_folder(folder: Path) -> None:
    from engine.spec.anchor import anchor_text

    for text in ("dataset_info.json:plain", f"../{folder.name}:plain,chats#2"):
        assert anchor_text(text, [folder]).startswith(f"{folder}")
    assert anchor_text("owner/name:zh", [folder]) == "owner/name:zh"


LIST: list[dict[str, Any]] = [
    {"dataset_path": "own/rows.jsonl", "dataset_name": "mine", "tags": ["chat"],
     "columns": {"frage": "query", "antwort": "response", "history": "_"}},
    {"ms_dataset_id": "a/chats", "hf_dataset_id": "b/chats", "ms_revision": "v1",
     "messages": {"role_key": "who", "content_key": "says", "user_role": "guest",
                  "assistant_role": "host"}, "split": ["train", "test"]},
    {"hf_dataset_id": "b/med", "subsets": [
        {"subset": "en", "columns": {"input": "query"}},
        {"name": "all-zh", "subset": "zh", "is_weak_subset": True}]},
    {"ms_dataset_id": "c/books", "hf_dataset_id": "c/books", "columns": {"raw": "response"},
     "tags": ["pretrain"], "subsets": ["default", "more"], "huge_dataset": True},
    {"dataset_path": "x.jsonl", "dataset_name": "odd", "loader": "Own"},
]  # fmt: skip


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    (tmp_path / "dataset_info.json").write_text(json.dumps(LIST))
    (tmp_path / "own").mkdir()
    row = {"frage": "?", "antwort": "!", "history": 3}
    (tmp_path / "own" / "rows.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path


def parts(path: Path, name: str) -> list[Source]:
    found = registered(Source(f"{path}:{name}"))
    assert found is not None
    return found[1]


def test_a_list_of_entries_is_read_as_ms_swift_reads_it(listed: Path) -> None:
    for name in ("mine", "own/rows.jsonl"):
        report = check([Source(f"{listed / 'dataset_info.json'}:{name}")])
        assert report.ok and report.kept == 1 and report.sources[0].format == "query_response"
    train, test = parts(listed, "a/chats")
    assert (train.source, train.revision) == ("ms::a/chats", "v1")
    assert [train.split, test.split] == ["train", "test"] and train.tags == OWN
    assert parts(listed, "b/chats") == parts(listed, "chats") == [train, test]
    (book,) = parts(listed, "books")
    assert (book.source, book.subset, book.columns) == ("c/books", None, {"raw": "text"})
    assert [source.subset for source in parts(listed, "books:more/default")] == ["more", None]


def test_subsets_of_an_entry_have_columns_of_their_own(listed: Path) -> None:
    english, chinese = parts(listed, "med:en/all-zh")
    assert (english.source, english.subset, english.columns) == (
        "hf::b/med",
        "en",
        {"input": "query"},
    )
    assert (chinese.subset, chinese.columns) == ("zh", None)
    assert parts(listed, "med:all") == [english]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("dataset_info.json", "registry_names", "mine"),
        ("dataset_info.json:med", "registry_subsets", "en, all-zh, all"),
        ("dataset_info.json:meds", "registry_unknown", "med"),
        ("dataset_info.json:odd", "registry_unsupported", "loader"),
    ],
)
def test_what_a_list_does_not_say_is_asked_for(
    listed: Path, name: str, code: str, said: str
) -> None:
    with pytest.raises(DanluError) as caught:
        registered(Source(str(listed / name)))
    assert caught.value.code == f"data.{code}" and said in caught.value.why
