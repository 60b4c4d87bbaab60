"""Verification on a run that really learned, and the commands that print it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.chat.generate import Sampling, answer_batch
from engine.chat.talker import Talker
from engine.chat.verify import VerifiedRow, VerifyReport, verify
from engine.data.questions import trained_questions
from engine.errors import DanluError
from engine.job import Cancelled, Job
from engine.runs.store import Run
from tests.chat.conftest import make_adapter
from tests.learned_run import ROWS
from tui.cells import width
from tui.cli.table import table
from tui.cli.verify import report_lines
from tui.main import main


def test_what_was_learned_is_exact_and_the_rest_is_not(run: Run) -> None:
    seen: list[tuple[str, float]] = []
    job = Job(on_progress=lambda progress: seen.append((progress.phase, progress.done)))
    report = verify("identity", job, batch_size=2)
    document = report.document()
    assert (document["questions"], document["exact"]) == (3, 2)
    assert [row["exact"] for row in document["rows"]] == [True, True, False]
    assert [row["question"] for row in document["rows"]] == [row["instruction"] for row in ROWS]
    assert all(row["base"] != row["expected"] for row in document["rows"])
    assert {("asking_base", 3), ("asking_tuned", 3)} <= set(seen)


def test_a_loaded_talker_is_used_and_chosen_questions_are_asked(run: Run) -> None:
    talker = Talker.load("identity")
    questions = trained_questions(run.spec(), Job())[1:2]
    assert [row.question for row in verify(talker, Job(), questions=questions).rows] == [
        "What is your name?"
    ]


def test_cancelling_ends_a_verification(run: Run) -> None:
    job = Job()
    job._on_progress = lambda progress: job.cancel() if progress.done == 1 else None
    with pytest.raises(Cancelled):
        verify("identity", job, batch_size=1)


def test_space_and_an_empty_thought_do_not_count() -> None:
    def exact(expected: str, tuned: str) -> bool:
        return VerifiedRow("?", expected, "", tuned).exact

    assert exact("我是小炉。", " 我是小炉。\n")
    assert exact("Ember.", "<think>\n\n</think>\n\nEmber.")
    assert exact("<think>\na\n</think>\nb", "<think>\na\n</think>\nb")
    assert not exact("b", "<think>\na\n</think>\nb")
    assert not exact("Ember.", "ember.")


def test_what_cannot_be_verified_is_named(talkative: Path, tmp_path: Path) -> None:
    adapter = make_adapter(talkative, tmp_path / "alone", seed=1)
    for target, code in ((adapter, "verify.no_run"), (talkative, "chat.no_tuned")):
        with pytest.raises(DanluError) as caught:
            verify(str(target), Job())
        assert caught.value.code == code


def test_the_command_prints_a_table_with_its_sum(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "identity", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "What is your name?" in out and "我是小炉" in out
    assert out.strip().endswith("2 of 3 exact")
    assert main(["verify", "identity", "--lang", "zh"]) == 0
    assert capsys.readouterr().out.strip().endswith("3 个问题中 2 个逐字一致")


def test_the_command_gives_one_json_document(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["questions"], document["exact"], document["run"]) == (3, 2, "identity")


def test_a_table_stays_straight_with_chinese_in_it(run: Run) -> None:
    rows = [
        VerifiedRow("你是谁？" * 20, "a", "x" * 300, "我是小炉"),
        VerifiedRow("Hi", "a", "", "a"),
    ]
    report = VerifyReport(Talker.load("identity").target, rows, 1.0)
    for cells in (40, 80, 200):
        lines = report_lines(report.document(), cells)
        assert max(width(line) for line in lines) <= cells
    lines = table(["问题", "b"], [["你是", "x"], ["ab", "y"]], 40)
    assert [
        width(line[: line.index(mark)]) for line, mark in zip(lines[2:], "xy", strict=True)
    ] == [6, 6]


def test_one_question_from_the_command_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "identity", "--prompt", "What is your name?"]) == 0
    assert capsys.readouterr().out == "My name is Ember.\n"
    asked = ["chat", "identity", "--as", "both", "--prompt", "你是谁？", "--json"]
    assert main(asked) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["answer"] == "我是小炉，由丹炉实验室训练。"
    assert [answer["voice"] for answer in document["answers"]] == ["base", "tuned"]
    assert document["answers"][1]["tokens_per_second"] > 0


def test_questions_from_a_pipe_and_commands_between_them(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    said = (
        "你是谁？\n/new\n/base\nHi\n/tuned\n/new\nWhat is your name?\n/what\n/help\n/quit\nnever\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(said))
    assert main(["chat", "identity", "--max-new-tokens", "40"]) == 0
    out = capsys.readouterr().out
    assert "我是小炉，由丹炉实验室训练。\n" in out
    assert "My name is Ember.\n" in out
    assert "There is no command /what" in out and "/system TEXT" in out
    assert "never" not in out


def test_wrong_use_of_the_command_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--json"], ["--prompt", "x", "--top-p", "7"], ["--top-k", "1.5"]):
        with pytest.raises(SystemExit) as ended:
            main(["chat", "embedded", *arguments])
        assert ended.value.code == 2


def test_the_base_of_a_verification_is_the_plain_model(
    run: Run, learned: tuple[Path, Path]
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(learned[0], dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(learned[0])
    asked = [[{"role": "user", "content": row["instruction"]}] for row in ROWS]
    plain = answer_batch(model, tokenizer, asked, Sampling(max_new_tokens=48))
    assert [row.base for row in verify("identity", Job()).rows] == plain


def test_a_blind_comparison_by_command(
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("1\nx\n=\n"))
    asked = ["vote", "identity", "--prompt", "你是谁？", "--prompt", "What is your name?"]
    file = tmp_path / "preferences.jsonl"
    short = ["--max-new-tokens", "16", "--order-seed", "5"]
    assert main([*asked, *short, "--preferences", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["b"].startswith("identity/checkpoint-") and document["votes"] == 2
    assert document["equal"] == 1 and document["a_won"] + document["b_won"] == 1
    assert document["win_rate"]["decided"] == 1 and document["win_rate"]["low"] < 0.5
    assert json.loads(file.read_text())["prompt"][-1]["content"] == "你是谁？"
    assert main(["vote", "identity", "--show"]) == 0
    assert document["b"] in capsys.readouterr().out
    assert main(["vote", "identity", "identity", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "chat.same_voice"


def test_a_conversation_is_kept_and_its_sampling_taken_again(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "talk.json"
    asked = ["chat", "identity", "--prompt", "你是谁？", "--max-new-tokens", "12", "--top-k", "7"]
    assert main([*asked, "--save", str(file)]) == 0
    kept = json.loads(file.read_text())
    assert kept["sampling"]["top_k"] == 7 and kept["turns"][0]["question"] == "你是谁？"
    assert kept["turns"][0]["answers"]["tuned"]["tokens"] <= 12
    capsys.readouterr()
    again = ["chat", "identity", "--prompt", "你是谁？", "--sampling", str(file), "--json"]
    assert main(again) == 0
    assert json.loads(capsys.readouterr().out)["answers"][0]["tokens"] <= 12
