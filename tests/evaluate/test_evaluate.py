"""An evaluation end to end, on a run that learned: figures, files, going on after a kill."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.chat.talker import Talker
from engine.errors import DanluError
from engine.evaluate.answer_file import AnswerFile
from engine.evaluate.answer_limit import limit_of
from engine.evaluate.asked import AskedRows, asked_rows
from engine.evaluate.evaluate import evaluate
from engine.evaluate.settings import Settings, groups_of, labels_named
from engine.evaluate.stored_rows import StoredRows, stored_evaluations
from engine.job import Cancelled, Job
from engine.models.load import load_tokenizer
from engine.runs.store import Run
from engine.spec.sections import Source
from tests.learned_run import ROWS
from tui.main import main

SHORT = Settings(metrics=("rouge", "match", "loss"), max_new_tokens=32, batch_size=2)


@pytest.fixture
def data(run: Run, tmp_path: Path) -> str:
    return str(tmp_path / "rows.json")


def asked_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many questions each later batch of batches holds."""
    seen: list[int] = []
    answer = Talker.answer_batch

    def counted(self: Talker, conversations: list, *rest: object, **more: object) -> list[str]:
        seen.append(len(conversations))
        return answer(self, conversations, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Talker, "answer_batch", counted)
    return seen


def test_what_was_learned_scores_and_the_base_does_not(run: Run, data: str) -> None:
    phases: set[str] = set()
    job = Job(on_progress=lambda progress: phases.add(progress.phase))
    found = evaluate("identity", data, Settings(max_new_tokens=32, base=True), job)
    document = found.document()
    assert (document["rows"], document["target"]) == (3, "identity/checkpoint-9")
    assert document["metrics"]["exact_match"] == pytest.approx(200 / 3, abs=1e-3)
    assert document["base"]["exact_match"] == 0
    assert document["difference"]["exact_match"] == document["metrics"]["exact_match"]
    assert document["metrics"]["loss"] < document["base"]["loss"]
    assert document["metrics"]["rouge-l"] > document["base"]["rouge-l"]
    assert document["labels"] is None, "three different answers are no labels"
    assert {"evaluate_tuned", "evaluate_base", "loss_tuned", "loss_base", "scoring"} <= phases


def test_rows_are_kept_worst_first_below_the_run(run: Run, data: str) -> None:
    found = evaluate("identity", data, SHORT, Job())
    assert found.path.parent == run.path / "evaluations"
    document = json.loads(found.path.read_text(encoding="utf-8"))
    assert document["path"] == str(found.path)
    assert stored_evaluations(found.path.parent) == [document]
    rows = StoredRows(Path(document["rows_path"]))
    assert len(rows) == 3
    worst, *rest = rows.page(0, 10)
    assert worst["question"] == "Who made you?" and worst["row"] == 3
    assert worst["reference"] == "The Furnace Lab made me." and worst["exact_match"] == 0
    assert [row["exact_match"] for row in rest] == [100, 100]
    assert {row["question"]: row["answer"] for row in rest} == {
        row["instruction"]: row["output"] for row in ROWS[:2]
    }
    assert rows.page(2, 1) == rest[1:] and rows.page(9, 1) == []


def test_a_cancelled_evaluation_goes_on_where_it_was(
    run: Run, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job()
    job._on_progress = lambda p: job.cancel() if p.phase == "evaluate_tuned" and p.done else None
    with pytest.raises(Cancelled):
        evaluate("identity", data, Settings(("match",), max_new_tokens=32, batch_size=1), job)
    folder = run.path / "evaluations"
    assert list(folder.glob("*.json")) == [], "nothing half-written"
    answers = next(folder.glob("answers-*.jsonl"))
    kept = len(answers.read_bytes().splitlines())
    assert 0 < kept < 3
    with open(answers, "ab") as file:  # as a power cut leaves it
        file.write(b'{"key": "half')
    seen = asked_of(monkeypatch)
    found = evaluate("identity", data, SHORT, Job())
    assert sum(seen) == 3 - kept and found.kept == kept
    assert found.document()["metrics"]["exact_match"] == pytest.approx(200 / 3, abs=1e-3)
    seen.clear()
    again = Settings(("match",), max_new_tokens=32, again=True)
    assert evaluate("identity", data, again, Job()).kept == 0 and sum(seen) == 3


def test_other_weights_are_asked_anew_and_longer_answers_where_they_were_cut(
    run: Run, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = Settings(("match",), max_new_tokens=8)
    cut = evaluate("identity", data, match, Job()).document()["at_limit"]
    assert 0 < cut < 3, "what was not learned does not end so soon"
    seen = asked_of(monkeypatch)
    evaluate("identity", data, match, Job())
    assert seen == []
    evaluate("identity", data, Settings(("match",), max_new_tokens=9), Job())
    assert seen == [cut], "what ended by itself within 8 is not asked again"
    seen.clear()
    weights = run.path / "checkpoint-9" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes())
    evaluate("identity", data, match, Job())
    assert seen == [3]


def test_an_answer_may_be_half_as_long_again_as_the_longest_reference(
    run: Run, data: str, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chatml: Any = load_tokenizer(tiny_model)
    assert limit_of(["news", "sports"], chatml) == 64, "room for a sentence around a label"
    longest = len(chatml("so " * 300, add_special_tokens=False)["input_ids"])
    assert longest * 1.5 <= limit_of(["no", "so " * 300], chatml) <= longest * 1.5 + 16
    chatml.chat_template += "{# <think> #}"
    assert limit_of(["news"], chatml) == 64 + 1024, "and for a thought"
    assert limit_of(["<think>Well.</think>news"], chatml) == 64
    assert main(["evaluate", "identity", data, "--metrics", "match"]) == 0
    told = capsys.readouterr()
    assert "may have 64 tokens" in told.err + told.out
    document = stored_evaluations(run.path / "evaluations")[0]
    assert document["settings"]["max_new_tokens"] == 64 and document["limit_by"] == "data"
    said = f"{document['at_limit']} answer"
    assert (said in told.out and "64 tokens and" in told.out) == bool(document["at_limit"])


def test_closed_labels_are_scored_and_unclear_answers_counted(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [("What is your name?", "Ember"), ("你是谁？", "小炉"), ("Who made you?", "小炉")]
    rows = [{"query": query, "response": label} for query, label in asked * 2]
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    told = ["evaluate", "identity", str(file), "--metrics", "labels", "--max-new-tokens", "32"]
    assert main([*told, "--labels", "Ember，小炉", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    labels = document["labels"]
    assert labels["names"] == ["Ember", "小炉"] and labels["by"] == "you"
    assert labels["confusion"]["Ember"] == {"Ember": 2}
    assert labels["confusion"]["小炉"]["小炉"] >= 2
    assert document["metrics"]["accuracy"] >= 100 * 4 / 6 - 1e-3
    assert main([*told, "--labels", "auto"]) == 0
    out = capsys.readouterr().out
    assert "labels found in the references: 小炉, Ember" in out and "right \\ given" in out
    assert main([*told, "--labels", "none", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] is None


def test_a_row_too_long_to_be_asked_is_left_out_and_said(
    run: Run, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [*ROWS, {"instruction": "word " * 3000, "input": "", "output": "no"}]
    file = tmp_path / "long.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    told = ["evaluate", "identity", str(file), "--metrics", "match", "--max-new-tokens", "32"]
    assert main(told) == 0
    assert "1 row could not be asked" in capsys.readouterr().out
    found = evaluate("identity", str(file), Settings(("match",), max_new_tokens=32), Job())
    assert found.document()["faults"] == {"chat.too_long": 1}
    assert next(found.rows())["fault"] == "chat.too_long"
    assert found.document()["metrics"]["exact_match"] == pytest.approx(200 / 3, abs=1e-3)


def test_a_plain_model_is_kept_in_danlus_home_or_where_one_says(
    learned: tuple[Path, Path], data: str, danlu_home: Path, tmp_path: Path
) -> None:
    model = str(learned[0])
    loss_only = Settings(metrics=("loss",), sample=2)
    found = evaluate(model, data, loss_only, Job())
    assert found.path.is_relative_to(danlu_home / "evaluations")
    assert set(found.document()["metrics"]) == {"loss", "perplexity"}
    assert found.document()["rows"] == 2
    out = tmp_path / "here"
    assert evaluate(model, data, loss_only, Job(), out=out).path.parent == out
    with pytest.raises(DanluError) as caught:
        evaluate(model, data, Settings(base=True), Job())
    assert caught.value.code == "chat.no_tuned"


def test_the_table_shows_before_and_after(
    run: Run, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["evaluate", "identity", data, "--metrics", "match,loss", "--max-new-tokens", "32"]
    for language, words in (("en", ("exact match", "−")), ("zh", ("完全一致", "困惑度"))):
        assert main([*told, "--base", "--lang", language]) == 0
        out = capsys.readouterr().out
        assert "+66.67  " in out, "of three rows chance may have made it: no mark"
        assert "+0.00 … +100.00" in out and all(word in out for word in words)


def test_what_cannot_be_evaluated_is_named(
    run: Run, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asks_only = tmp_path / "asks.jsonl"
    asks_only.write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
    wrong = [
        (["identity", str(asks_only)], "evaluate.no_rows"),
        (["identity", data, "--labels", "auto"], "evaluate.no_labels"),
        (["identity", data, "--metrics", "rogue"], "evaluate.unknown_metric"),
        (["identity", data, "--against", "nobody"], "chat.not_found"),
        (["identity", data, "--out", f"{data}/below"], "evaluate.cannot_write"),
    ]
    for arguments, code in wrong:
        assert main(["evaluate", *arguments, "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["error"]["code"] == code
    assert not list((run.path / "evaluations").glob("*.json")), "before anything was asked"
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", "identity", data, "--sample", "0"])
    assert ended.value.code == 2


def test_preferences_are_asked_for_their_better_answer_and_bad_answers_are_no_references(
    tmp_path: Path,
) -> None:
    def kept(rows: Sequence[Mapping[str, object]]) -> AskedRows:
        file = tmp_path / "rows.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return asked_rows(Source(str(file)), Job())

    pairs = [{"prompt": f"{n}?", "chosen": f"good {n}", "rejected": "bad"} for n in range(3)]
    assert [row.question.expected for row in kept(pairs).rows] == ["good 0", "good 1", "good 2"]
    told = [{"prompt": f"{n}?", "completion": f"{n}.", "label": n > 0} for n in range(3)]
    found = kept(told)
    assert [row.question.expected for row in found.rows] == ["1.", "2."]
    assert (found.unwanted, found.unanswered) == (1, 0)
    with pytest.raises(DanluError) as caught:
        kept([{"text": "Water boils at one hundred degrees."}] * 2)
    assert caught.value.code == "evaluate.plain_text" and caught.value.document()["fixes"]


def test_two_do_not_write_the_same_answers(tmp_path: Path) -> None:
    with AnswerFile(tmp_path / "a.jsonl", 8), pytest.raises(DanluError) as caught:
        AnswerFile(tmp_path / "a.jsonl", 8)
    assert caught.value.code == "evaluate.already_running"


def test_names_are_read_as_people_write_them() -> None:
    assert groups_of("loss, ROUGE") == ("rouge", "loss")
    assert labels_named("体育，财经、科技, a") == ("体育", "财经", "科技", "a")
