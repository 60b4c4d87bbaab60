"""Rows repaired in another place: of a hub's data set, of a registry's, with their images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.data import fetch
from engine.data.check import check
from engine.data.repair import repair
from engine.data.repair_place import can_repair, place_for, plain_source, repaired_source
from engine.hub.fetch import Fetched
from engine.job import Job
from engine.spec.sections import Source

GIF = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


def test_a_hub_s_rows_are_repaired_in_a_file_of_one_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, own = tmp_path / "cache", tmp_path / "own"
    (cache / "zh").mkdir(parents=True)
    (cache / "zh" / "cat.gif").write_bytes(GIF)
    row = {"frage": "<image>Was?", "antwort": "Eine Katze.", "bilder": ["cat.gif"]}
    held = cache / "zh" / "train.jsonl"
    held.write_text(f"{json.dumps(row)}\n{json.dumps(row)}\n")
    before = held.read_bytes()
    there = Fetched("huggingface", "owner/rows", cache, "1" * 40)
    monkeypatch.setattr(fetch.hub, "fetch", lambda *_, **__: there)
    columns = {"frage": "query", "antwort": "response", "bilder": "images"}
    source = Source("hf::owner/rows:zh#5", columns=columns, revision="1" * 40)
    assert can_repair(source) and place_for(source, own) == own / "rows-zh.jsonl"
    out = own / "rows-zh.repaired.jsonl"
    made = repair(plain_source(source), out, job=Job())
    assert (made.written, held.read_bytes()) == (1, before)
    after = repaired_source(source, out)
    assert after == Source(str(out), sample=5, columns=columns)
    report = check([after])
    assert report.kept == 1 and not report.findings
    copies = list(report.conversations)
    assert len(copies) == 5 and Path(copies[0].images[0]).is_absolute()


def test_a_set_of_a_registry_is_repaired_with_its_columns_and_several_are_not(
    tmp_path: Path,
) -> None:
    entry = {"file_name": "a.json", "columns": {"prompt": "q", "response": "a"}}
    (tmp_path / "dataset_info.json").write_text(json.dumps({"one": entry, "two": entry}))
    (tmp_path / "a.json").write_text(json.dumps(2 * [{"q": "?", "a": 4}]))
    source = Source(f"{tmp_path}:one")
    out = tmp_path / "a.repaired.json"
    assert place_for(source, tmp_path).name == "a.json"
    assert repair(plain_source(source), out, job=Job()).written == 1
    assert check([repaired_source(source, out)]).ok
    assert not can_repair(Source(f"{tmp_path}:one,two"))
    assert not can_repair(Source(f"{tmp_path}:three"))
