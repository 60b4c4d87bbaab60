"""Files of every kind, compressed or not, and folders of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from engine.data import opened
from engine.data.check import check
from engine.data.files import locate
from engine.data.report import Report
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

ROWS = [{"query": f"{n}?", "response": f"{n}!"} for n in range(1, 4)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
COMMAS = b"query,response\n" + b"".join(b"%d?,%d!\n" % (n, n) for n in range(1, 4))
LIST = json.dumps(ROWS, indent=1).encode()


def zst(raw: bytes) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as out:
        out.write(raw)
    return sink.getvalue().to_pybytes()


def arrow(new: Callable[..., Any]) -> bytes:
    table, sink = pyarrow.Table.from_pylist(ROWS), pyarrow.BufferOutputStream()
    with new(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue().to_pybytes()


def parquet() -> bytes:
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), sink)
    return sink.getvalue().to_pybytes()


def checked(path: Path, **options: Any) -> Report:
    return check([Source(str(path), **options)], stage="auto", content=False)


GOOD = {
    "a.jsonl": LINES,
    "a.ndjson": LINES,
    "a.json": LIST,
    "a.csv": COMMAS,
    "a.tsv": COMMAS.replace(b",", b"\t"),
    "a.jsonl.gz": gzip.compress(LINES),
    "a.csv.gz": gzip.compress(COMMAS),
    "a.JSON.GZ": gzip.compress(LIST),
    "a.jsonl.zst": zst(LINES),
    "a.json.zst": zst(LIST),
    "a.csv.zst": zst(COMMAS),
    "a.arrow": arrow(pyarrow.ipc.new_file),
    "stream.arrow": arrow(pyarrow.ipc.new_stream),
    "a.parquet": parquet(),
}
BROKEN = {
    "cut.jsonl.gz": gzip.compress(LINES)[:-9],
    "none.jsonl.gz": b"no gzip at all",
    "none.jsonl.zst": b"no zstd at all",
    "cut.jsonl.zst": zst(LINES)[:-9],
    "cut.arrow": b"ARROW1 and no more",
    "none.arrow": b"neither",
}


@pytest.mark.parametrize("name", GOOD)
def test_every_kind_of_file_holds_the_same_rows(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(GOOD[name])
    report = checked(tmp_path / name)
    assert report.ok and not report.findings
    assert [row.answer for row in report.conversations] == ["1!", "2!", "3!"]


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_unpacked_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BROKEN[name])
    (finding,) = checked(tmp_path / name).findings
    assert finding.code == ("broken_arrow" if name.endswith(".arrow") else "broken_archive")


def test_zstandard_that_is_not_there_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl.zst").write_bytes(zst(LINES))
    monkeypatch.setattr(opened, "_module", lambda name: None)
    (finding,) = checked(tmp_path / "a.jsonl.zst").findings
    assert finding.code == "no_zstd" and "zstandard" in finding.fix


def test_a_saved_table_is_read_by_its_splits(tmp_path: Path) -> None:
    for split, count in (("train", 3), ("test", 1)):
        folder = tmp_path / split
        folder.mkdir()
        (folder / "data-00000.arrow").write_bytes(arrow(pyarrow.ipc.new_stream))
        (folder / "cache-1.arrow").write_bytes(b"left over")
        state = {"_data_files": [{"filename": "data-00000.arrow"}] * count}
        (folder / "state.json").write_text(json.dumps(state))
        (folder / "dataset_info.json").write_text("{}")
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    assert checked(tmp_path).rows == 9
    assert checked(tmp_path, split="test").rows == 3
    assert checked(tmp_path / "test").rows == 3
    with pytest.raises(DanluError) as caught:
        locate(Source(str(tmp_path), split="dev"), Job())
    assert caught.value.code == "data.no_split" and "train, test" in caught.value.why


def test_a_folder_is_read_by_its_split_and_says_what_it_mixes(tmp_path: Path) -> None:
    for name in ("train.jsonl", "more.json", "val.jsonl", "test-1.jsonl", ".hidden.jsonl"):
        (tmp_path / name).write_bytes(LINES)
    (tmp_path / "README.txt").write_text("About the rows.")
    report = checked(tmp_path)
    assert report.rows == 6
    codes = {finding.code: finding.message for finding in report.findings}
    assert "test-1.jsonl, val.jsonl" in codes["other_split"]
    assert "1 × .json" in codes["mixed_files"]
    held = locate(Source(str(tmp_path), split="validation"), Job()).files
    assert [file.name for file in held] == ["more.json", "val.jsonl"]


def test_several_subsets_stand_between_slashes(tmp_path: Path) -> None:
    for name in ("zh", "en", "fr"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.jsonl").write_bytes(LINES)
    files = locate(Source(str(tmp_path), subset="zh/en"), Job()).files
    assert [file.parent.name for file in files] == ["zh", "en"]
