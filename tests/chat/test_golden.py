"""Golden answers: what counts as right, what got worse, and the report kept with the checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import words
from engine.chat.target import ChatTarget
from engine.chat.verify import verify
from engine.chat.verify_report import VerifiedRow, VerifyReport, kept_report, read_report
from engine.errors import DanluError
from engine.evaluate.match import Mode
from engine.job import Job
from engine.runs.store import Run
from engine.spec.sections import Model
from tui.main import main

_ROWS = [
    VerifiedRow("2+2?", "4", "2 + 2 = 4", "2+2=5"),
    VerifiedRow("Capital of France?", "Paris", "Lyon", "It is Paris | surely.\n<b>Yes</b>"),
    VerifiedRow("你是谁？", "小炉。", "通义千问", "<think>嗯</think>小炉"),
]


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """Two questions the run knows, asked for loosely, and one it does not."""
    asked = [("What is your name?", "ember"), ("你是谁？", "小炉"), ("Who made you?", "Paris")]
    file = tmp_path / "golden.jsonl"
    rows = [{"query": question, "response": answer} for question, answer in asked]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return file


def report_of(match: Mode, golden: str | None = "golden.jsonl") -> VerifyReport:
    return VerifyReport(ChatTarget(Model(), "identity/checkpoint-9"), _ROWS, 1.0, match, golden)


def test_each_mode_takes_more_as_right() -> None:
    marks = {
        mode: [row["right"] for row in report_of(mode).document()["rows"]]
        for mode in ("exact", "normalised", "contains", "number")
    }
    assert marks["exact"] == [False, False, False]
    assert marks["normalised"] == [False, False, True]
    assert marks["contains"] == [False, True, True]
    assert marks["number"] == [False, False, False]
    trained = report_of("contains", None).document()
    assert [row["right"] for row in trained["rows"]] == [False, True, True]


def test_what_the_base_had_right_and_the_tuned_has_not_is_a_regression() -> None:
    report = report_of("contains")
    assert (report.right, report.base_right) == (2, 1)
    assert [row.question for row in report.regressions] == ["2+2?"]
    assert report.document()["regressions"] == [1]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_page_names_what_got_worse_and_keeps_its_tables_whole(language: str) -> None:
    words.use_language(language)
    page = report_of("contains").markdown()
    assert words.t("verify_report.worse", count=1) in page
    assert page.count("2+2?") == 2, "among what got worse, and among all"
    assert "✓ It is Paris \\| surely.<br>&lt;b&gt;Yes&lt;/b&gt;" in page
    tables = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(tables) == 2 * 2 + 1 + 3
    assert {line.replace("\\|", "").count("|") for line in tables} == {5}


def test_golden_answers_are_asked_and_kept_with_the_checkpoint(run: Run, golden: Path) -> None:
    report = verify("identity", Job(), golden=str(golden), match="contains", max_new_tokens=32)
    assert [report.is_right(row, row.tuned) for row in report.rows] == [True, True, False]
    assert report.exact == 0 and report.regressions == []
    kept = json.loads((run.path / "checkpoint-9" / "verify.json").read_text(encoding="utf-8"))
    assert kept == report.document()
    assert (kept["golden"], kept["match"], kept["right"]) == (str(golden), "contains", 2)


def test_the_trained_questions_are_kept_too(run: Run) -> None:
    verify("identity", Job())
    kept = json.loads((run.path / "checkpoint-9" / "verify.json").read_text(encoding="utf-8"))
    assert (kept["golden"], kept["exact"], kept["questions"]) == (None, 2, 3)


def test_the_report_of_an_average_is_kept_and_can_be_shown_again(tmp_path: Path) -> None:
    target = ChatTarget(Model(), "mean", adapter=tmp_path)
    report = VerifyReport(target, _ROWS, 1.0)
    assert report.keep() is None and kept_report(tmp_path) is None, "a folder of another program"
    (tmp_path / "average.json").write_text("{}")
    assert report.keep() == tmp_path / "verify.json"
    kept = kept_report(tmp_path)
    assert kept == report.document()
    (tmp_path / "verify.json").write_text('{"rows": [{}]}')
    assert kept_report(tmp_path) is None


def test_the_command_writes_both_reports(
    run: Run,
    golden: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(golden.parent)
    page, document = tmp_path / "out" / "report.md", tmp_path / "report.json"
    told = ["verify", "identity", "--golden", golden.name, "--max-new-tokens", "32"]
    told += ["--match", "normalised", "--report", str(page), "--report", str(document)]
    assert main(told) == 0
    assert "0 of 3 right; the base had 0" in capsys.readouterr().out
    assert page.read_text(encoding="utf-8").startswith("# Verification of identity/checkpoint-9")
    assert json.loads(document.read_text(encoding="utf-8"))["match"] == "normalised"
    assert main(["verify", "identity", "--kept", "--match", "contains", "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["golden"], again["right"]) == (str(golden), 2), "judged anew, nothing asked"
    assert main([*told[:-2], "--report", f"{golden}/below.md", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "verify.cannot_write"
    with pytest.raises(SystemExit) as ended:
        main(["verify", "identity", "--report", "report.doc"])
    assert ended.value.code == 2


def test_the_gate_closes_when_an_answer_got_worse(
    run: Run, golden: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    worse = report_of("contains")
    monkeypatch.setattr("engine.chat.verify.verify", lambda *_, **__: worse)
    told = ["verify", "identity", "--golden", str(golden)]
    assert main(told) == 0
    assert main([*told, "--gate"]) == 1
    out = capsys.readouterr().out
    assert "1 got worse" in out and "✗ 2+2?" in out


def test_golden_answers_without_a_question_are_named(run: Run, tmp_path: Path) -> None:
    asks_only = tmp_path / "asks.jsonl"
    asks_only.write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
    with pytest.raises(DanluError) as caught:
        verify("identity", Job(), golden=str(asks_only))
    assert caught.value.code == "evaluate.no_rows"


def test_what_got_worse_since_the_last_report_closes_the_gate() -> None:
    from dataclasses import replace

    from engine.chat.kept_reports import earlier_report
    from engine.chat.target import ChatTarget
    from engine.chat.verify_report import VerifiedRow, VerifyReport
    from engine.runs.store import create_run
    from engine.spec.run_spec import RunSpec

    mapping = {"model": {"source": "embedded"}, "data": {"train": ["rows.jsonl"]}}
    run = create_run(RunSpec.from_mapping(mapping))
    rows = [VerifiedRow("a?", "yes", "no", "yes"), VerifiedRow("b?", "1", "no", "no")]
    target = ChatTarget(run.spec().model, "first", adapter=run.path / "checkpoint-5", run=run)
    first = VerifyReport(target, rows, 1.0, earlier=earlier_report(target, None))
    (run.path / "checkpoint-5").mkdir()
    assert first.earlier is None and first.passed and first.keep() is not None
    later = replace(target, label="second", adapter=run.path / "checkpoint-9")
    worse = [VerifiedRow("a?", "yes", "no", "Yes!"), VerifiedRow("b?", "1", "no", "1")]
    second = VerifyReport(later, worse, 1.0, earlier=earlier_report(later, None))
    assert second.worse == [worse[0]] and not second.passed and not second.regressions
    gate = second.document()["gate"]
    assert gate["worse_than_earlier"] == [1] and gate["earlier"] == "first"
    assert second.document()["by_match"] == {
        "exact": 1, "normalised": 2, "contains": 2, "number": 1,
    }  # fmt: skip
    assert "first" in second.markdown()
    assert replace(second, match="normalised").passed
    read = read_report(json.loads(json.dumps(second.document())))
    assert read.document() == second.document(), "judged anew from what was kept"
    assert earlier_report(later, "golden.jsonl") is None, "another set of questions"
