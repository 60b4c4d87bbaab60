"""Benchmarks asked by the harness itself, from folders laid out as the data sets' repositories are:
installed with ``pip install '.[benchmark]'``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.runs.store import Run
from tests.learned_run import ROWS, make_run
from tui.main import main

pytestmark = pytest.mark.slow

_INSTRUCTIONS = [
    ("What is your name?", ["punctuation:no_comma", "length_constraints:number_sentences"]),
    ("What is your name?", ["change_case:english_capital"]),
]
_RULES = {
    "abbrev_types.txt": "mr\n",
    "sent_starters.txt": "the\n",
    "collocations.tab": "st\tlouis\n",
    "ortho_context.tab": "the\t1\n",
}


@pytest.fixture
def run(learned: tuple[Path, Path], tmp_path: Path) -> Run:
    pytest.importorskip("lm_eval")
    return make_run(learned, tmp_path)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """GSM8K as jsonl, CMMLU as csv, C-Eval and MMLU as parquet, IFEval with NLTK's rules."""
    import pyarrow
    from pyarrow import parquet

    top = tmp_path / "benchmarks"
    sums = [{"question": f"{n} and 1?", "answer": f"{n} + 1\n#### {n + 1}"} for n in range(3)]
    for name in ("main/train.jsonl", "main/test.jsonl", "socratic/test.jsonl"):
        write(top / "gsm8k" / name, lines(sums))
    for split in ("test", "dev"):
        table = "".join(f"{n},第 {n} 题？,1,2,3,4,{'ABCD'[n]}\n" for n in range(4))
        write(top / "cmmlu" / split / "agronomy.csv", ",Question,A,B,C,D,Answer\n" + table)
    for name, splits, rows in (
        ("ceval/law", ("val", "dev"), [dict(zip("ABCD", "1234", strict=True), answer="C")]),
        ("mmlu/anatomy", ("test", "dev"), [{"choices": list("wxyz"), "answer": 1}]),
        ("mmlu/all", ("test", "dev"), [{"choices": list("wxyz"), "answer": 1}]),
    ):
        for split in splits:
            path = top / name / f"{split}-00000-of-00001.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            asked = [{"question": f"{n}?", **row} for n in range(2) for row in rows]
            parquet.write_table(pyarrow.Table.from_pylist(asked), path)
    few = {"relation": "less than", "num_sentences": 2}
    told = [
        {"key": n, "prompt": said, "instruction_id_list": ids, "kwargs": [{}, few][: len(ids)]}
        for n, (said, ids) in enumerate(_INSTRUCTIONS)
    ]
    write(top / "ifeval/ifeval_input_data.jsonl", lines(told))
    return top


def test_every_benchmark_is_asked_from_its_folder(
    run: Run, folders: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ROWS[1]["output"] == "My name is Ember.", "one sentence without a comma"

    def asked(name: str, *more: str) -> dict[str, Any]:
        given = ["--benchmark", name, "--data-folder", str(folders), "--max-new-tokens", "24"]
        code = main(["evaluate", "identity", *given, *more, "--json"])
        document = json.loads(capsys.readouterr().out)
        assert code == (1 if "error" in document else 0)
        return document

    gsm8k = asked("gsm8k", "--shots", "1", "--limit", "2", "--base")
    assert (gsm8k["rows"], gsm8k["shots"], gsm8k["limit"]) == (2, 1, 2), "and no other telling"
    assert set(gsm8k["metrics"]) == {"accuracy", "strict_match"} == set(gsm8k["base"])
    assert Path(gsm8k["path"]).parent == run.path / "evaluations"
    for name in ("cmmlu", "ceval", "mmlu"):
        document = asked(name, "--shots", "1")
        rows = [json.loads(line) for line in Path(document["rows_path"]).read_text().splitlines()]
        assert all(row["reference"] in "ABCD" and row["answer"] in "ABCD" for row in rows)
        right = sum(row["reference"] == row["answer"] for row in rows)
        assert document["metrics"]["accuracy"] == pytest.approx(100 * right / len(rows))
        assert document["subjects_asked"] == 1 < document["subjects_known"]
    monkeypatch.setattr("nltk.data.path", [])
    monkeypatch.setattr("importlib.util.find_spec", _without("llama_index"))
    assert asked("ifeval")["error"]["code"] == "benchmark.no_sentences"
    for name, text in _RULES.items():
        write(folders / "ifeval/nltk_data/tokenizers/punkt_tab/english" / name, text)
    ifeval = asked("ifeval")
    assert ifeval["metrics"]["accuracy"] == 50.0
    assert ifeval["metrics"]["instruction_strict"] == pytest.approx(200 / 3, abs=1e-3)
    short = asked("ifeval", "--max-new-tokens", "4096")["error"]
    assert short["code"] == "benchmark.answer_too_long" and "--max-new-tokens" in str(short)


def _without(name: str) -> Any:
    from importlib.util import find_spec

    return lambda wanted, *rest: None if wanted == name else find_spec(wanted, *rest)
