"""Long JSON documents are read a stretch at a time, and broken rows within them are mended."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from engine.data import json_window
from engine.data.preview import preview
from engine.data.read import read_file
from engine.data.repair import plan_repair, repair
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

SIGNS = ['"', "{", "}", ",", "[", "]", "\n", "x", "'", "\\", "“", ":", "{}, ", "//"]


def document(draw: random.Random) -> str:
    """An array of rows that was damaged in a few places."""
    words = ("a", "你好", "x{y", "q[1]", '\\"}')
    rows = [{"query": draw.choice(words) * 5, "response": f"{n} }}]"} for n in range(8)]
    whole: Any = rows if draw.random() < 0.7 else {"version": 1, "data": rows, "x": [1]}
    text = json.dumps(whole, ensure_ascii=draw.random() < 0.5, indent=draw.choice((None, 1)))
    for _ in range(draw.randrange(4)):
        at = draw.randrange(len(text))
        text = text[:at] + draw.choice(SIGNS) + text[at + draw.randrange(4) :]
    return text[: draw.randrange(len(text))] if draw.random() < 0.1 else text


def told(path: Path) -> list[Any]:
    made: list[Any] = []
    try:
        made += read_file(path, Job())
    except DanluError as error:
        made.append(str(error))
    return made


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3))])
def test_a_stretch_at_a_time_says_what_the_whole_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    draw, path = random.Random(seed), tmp_path / "a.json"
    for _ in range(150):
        path.write_text(draw.choice(("", "", "\ufeff")) + document(draw))
        monkeypatch.setattr(json_window, "_PIECE", 1 << 18)
        whole = told(path)
        monkeypatch.setattr(json_window, "_PIECE", draw.choice((1, 7, 60)))
        assert told(path) == whole


def test_broken_rows_of_a_long_array_are_mended_where_they_stand(tmp_path: Path) -> None:
    path, out = tmp_path / "a.json", tmp_path / "b.jsonl"
    rows = [json.dumps({"query": f"{n}?", "response": f"{n}" * 300}) for n in range(1500)]
    rows[3] = rows[3].replace('"query"', "“query”")
    rows[700] = rows[700][:-1] + ",}"
    rows[701] = "{'query': 'so?', 'response': None}"
    rows[900] = rows[900].replace('"query": ', '"query": what ')
    rows[1499] = rows[1499].replace('"response"', "“response”")
    path.write_text("[\n" + ",\n".join(rows) + "\n]\n")
    assert path.stat().st_size > 1 << 20
    plan = plan_repair(Source(str(path)), job=Job())
    assert plan.kinds["json"] == 4 and sum(plan.left_out.values()) == 1
    made = repair(Source(str(path)), out, job=Job())
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert made.written == len(written) == 1499
    assert [written[n]["query"] for n in (3, 700, 701, 1498)] == ["3?", "700?", "so?", "1499?"]
    assert {change.line for change in made.changes} == {5, 702, 1501}


def test_a_row_that_never_ends_costs_no_more_memory_than_the_longest_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_window, "_PIECE", 100)
    monkeypatch.setattr(json_window, "_LONGEST", 2000)
    path, good = tmp_path / "a.json", '{"query": "a?", "response": "b"}'
    path.write_text(f'[{good}, {{"query": "' + "x" * 50_000 + f'"}}, {good}, {good}]')
    rows = told(path)
    assert [getattr(each, "value", each) for each in (rows[0], *rows[2:])] == [json.loads(good)] * 3
    assert rows[1].code.startswith(("json_", "not_json", "cut_off")) and len(rows) == 4


def bytes_read() -> int:
    """How much this process has read so far, from disk or not."""
    return int(Path("/proc/self/io").read_text().split()[1])


@pytest.mark.parametrize("form", ["{}\n", "[{}]"])
def test_the_first_page_reads_next_to_nothing_of_a_long_file(tmp_path: Path, form: str) -> None:
    start, end = form.split("{}")
    row = json.dumps({"query": "so? " * 20, "response": "yes " * 60})
    files = []
    for name, rows in (("few", 60), ("many", 60_000)):
        between = ",\n" if end == "]" else "\n"
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(start + between.join([row] * rows) + end)
    assert len(preview([Source(str(files[0]))]).page(0, 50)) == 50  # what it imports is read
    before = bytes_read()
    assert len(preview([Source(str(files[1]))]).page(0, 50)) == 50
    assert bytes_read() - before < 2 << 20 < files[1].stat().st_size // 8
