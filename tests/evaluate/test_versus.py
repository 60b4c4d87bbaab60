"""Two evaluations side by side: what changed on the rows both have, and how sure that is."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.evaluate.labels import label_report
from engine.evaluate.paired import changes, intervals
from engine.evaluate.stored_rows import comparable_evaluations
from engine.evaluate.versus import read_evaluation, versus
from tui.main import main

LABELS = ["体育", "财经", "科技"]


def keep(folder: Path, target: str, rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """An evaluation as it is kept: its document and its rows."""
    path = folder / f"{target}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [name for name in ("exact_match", "loss") if name in rows[0]]
    document = {
        "target": target,
        "data": "/data/rows.jsonl",
        "rows": len(rows),
        **dict.fromkeys(("dropped", "unanswered", "unfinished", "kept"), 0),
        "faults": {},
        "metrics": {name: sum(row[name] for row in rows) / len(rows) for name in names},
        "labels": None,
        "settings": {"max_new_tokens": 512, "batch_size": 16},
        "seconds": 3.0,
        "path": str(path),
        "rows_path": str(path.with_suffix(".rows.jsonl")),
        **more,
    }
    Path(document["rows_path"]).write_text("".join(json.dumps(row) + "\n" for row in rows))
    path.write_text(json.dumps(document))
    return document


def rows_of(right: list[bool], loss: float = 1.0) -> list[dict[str, Any]]:
    return [
        {
            "row": number,
            "file": "rows.jsonl",
            "line": number,
            "question": f"Question {number}?",
            "reference": "yes",
            "answer": "yes" if each else "no",
            "label": None,
            "fault": None,
            "exact_match": 100.0 * each,
            "loss": loss + 0.01 * (number % 7),
            "tokens": 1 + number % 3,
        }
        for number, each in enumerate(right, 1)
    ]


HALF = [number % 2 == 0 for number in range(200)]
MOST = [number % 10 != 0 for number in range(200)]
FLIPPED = [number % 2 == 0 if number > 3 else number % 2 == 1 for number in range(200)]


def test_a_large_change_is_clear_and_a_chance_one_is_not(tmp_path: Path) -> None:
    half = keep(tmp_path, "half", rows_of(HALF, 2.0))
    clear = versus(half, keep(tmp_path, "most", rows_of(MOST))).document()
    match = clear["metrics"]["exact_match"]
    assert (match["before"], match["after"], match["difference"]) == (50.0, 90.0, 40.0)
    assert 25 < match["low"] < 40 < match["high"] < 55 and match["verdict"] == "better"
    assert clear["metrics"]["loss"]["verdict"] == "better", "a lower loss"
    assert (clear["better"], clear["worse"], clear["same"]) == (100, 20, 80)
    same = versus(half, keep(tmp_path, "same", rows_of(FLIPPED, 2.0))).document()["metrics"]
    assert same["exact_match"]["verdict"] == "unclear" and same["loss"]["difference"] == 0


def test_an_interval_is_as_wide_as_theory_has_it() -> None:
    """The standard error of a mean of n paired differences is their deviation by the root of n."""
    chance = random.Random(7)
    pairs = [({"score": 0.0}, {"score": chance.gauss(5, 20)}) for _ in range(400)]
    found = changes(pairs)["score"]
    mean = sum(after["score"] for _, after in pairs) / 400
    spread = sum((after["score"] - mean) ** 2 for _, after in pairs) / 400
    error = (spread / 400) ** 0.5
    assert found.low == pytest.approx(mean - 1.96 * error, abs=0.25)
    assert found.high == pytest.approx(mean + 1.96 * error, abs=0.25)
    assert changes(pairs)["score"] == found, "the same draws each time"


def test_rows_are_matched_by_what_is_asked_wherever_they_lie(tmp_path: Path) -> None:
    before = keep(tmp_path, "before", rows_of(HALF))
    moved = [{**row, "file": "copy.jsonl", "line": row["line"] + 7} for row in rows_of(MOST)[:50]]
    after = keep(tmp_path, "after", list(reversed(moved)), settings={"max_new_tokens": 64})
    found = versus(before, after)
    document = found.document()
    assert (document["rows"], document["only_before"], document["only_after"]) == (50, 150, 0)
    assert document["metrics"]["exact_match"]["before"] == 50.0
    assert document["differing"] == [{"setting": "max_new_tokens", "before": 512, "after": 64}]
    assert [found.change(pair) for pair in found.pairs[:5]] == [-100.0] * 5, "the worst first"


def test_labels_count_as_the_report_counts_them() -> None:
    chance = random.Random(3)
    sides = []
    right = [chance.choice(LABELS[:2]) for _ in range(60)]
    for share in (0.4, 0.9):
        given = [
            each if chance.random() < share else chance.choice([*LABELS, None]) for each in right
        ]
        sides.append(
            [
                {"row": at, "reference": one, "answer": two or "?", "label": two}
                for at, (one, two) in enumerate(zip(right, given, strict=True))
            ]
        )
    found = changes(list(zip(*sides, strict=True)), LABELS)
    for at, side in enumerate(("before", "after")):
        report = label_report([(row["reference"], row["label"]) for row in sides[at]], LABELS)
        assert getattr(found["f1_macro"], side) == pytest.approx(report.f1_macro)
        assert getattr(found["f1_micro"], side) == pytest.approx(report.f1_micro)
    assert found["f1_macro"].clear
    told = intervals(
        sides[0], sides[1], {"f1_macro": found["f1_macro"].after, "bleu-4": 3.0}, LABELS
    )
    assert list(told) == ["f1_macro"], "what is not made of rows has no interval"


def test_what_cannot_be_compared_is_named(tmp_path: Path) -> None:
    before = keep(tmp_path, "before", rows_of(HALF))
    others = [{**row, "question": "Another?"} for row in rows_of(MOST)]
    wrong = [
        (lambda: versus(before, keep(tmp_path, "others", others)), "evaluate.nothing_in_common"),
        (lambda: versus(before, {**before, "rows_path": "gone"}), "evaluate.rows_gone"),
        (lambda: read_evaluation(Path(before["rows_path"])), "evaluate.no_evaluation"),
        (lambda: read_evaluation(tmp_path / "none.json"), "evaluate.no_evaluation"),
    ]
    for call, code in wrong:
        with pytest.raises(DanluError) as caught:
            call()
        assert caught.value.code == code and caught.value.document()["fixes"]


def test_kept_evaluations_are_read_and_compared_by_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = keep(tmp_path, "half", rows_of(HALF))["path"]
    after = keep(tmp_path, "most", rows_of(MOST))["path"]
    assert main(["evaluate", after, "--against", before]) == 0
    out = capsys.readouterr().out
    assert "half → most · 200 rows both answered" in out and "+40.00 ✓" in out
    assert main(["evaluate", after, "--against", before, "--json"]) == 0
    against = json.loads(capsys.readouterr().out)["against"]
    assert against["metrics"]["exact_match"]["verdict"] == "better"
    assert main(["evaluate", after, "--against", "half", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "evaluate.no_evaluation"


def test_evaluations_of_the_same_data_are_offered(tmp_path: Path, danlu_home: Path) -> None:
    one = keep(danlu_home / "runs" / "a" / "evaluations", "one", rows_of(HALF))
    two = keep(danlu_home / "evaluations" / "b", "two", rows_of(MOST))
    keep(danlu_home / "evaluations" / "b", "three", rows_of(MOST), data="other.jsonl")
    assert [other["target"] for other in comparable_evaluations(one)] == ["two"]
    assert [other["target"] for other in comparable_evaluations(two)] == ["one"]
