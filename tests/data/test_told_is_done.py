"""What a check says would be left out, cut and kept is what training leaves out, cuts, keeps."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import pytest

from engine.data.check import check
from engine.data.prepare import prepare
from engine.job import Job
from engine.spec.run_spec import RunSpec
from tests.data.templates import tokenizer_of

LONGEST = 200
CALL = {"type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
BROKEN = {"type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome'}}
EXPECTED = {  # each fault of the file below, once for each row it loses
    "bad_tool_call": 1, "empty_answer": 2, "wrong_type": 1, "image_missing": 1,
    "unfilled_placeholder": 1, "begins_with_answer": 1, "repeated_role": 1, "unknown_role": 1,
    "missing_field": 1, "json_python_words": 1, "json_single_quotes": 1,
}  # fmt: skip


def asked(question: str, answer: Any = "So it is.", **more: Any) -> dict[str, Any]:
    return {"instruction": question, "input": "", "output": answer, **more}


def talk(*turns: tuple[str, str]) -> dict[str, Any]:
    return {"conversations": [{"from": who, "value": said} for who, said in turns]}


def called(call: Any) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": "Warm in Rome?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "19"},
            {"role": "assistant", "content": "19 degrees."},
        ]
    }


def messy(path: Path) -> Path:
    """A file with something of everything: good rows, rows kept with a remark, lost ones."""
    rows: list[Any] = [asked(f"Question {n}?", f"Answer {n}.") for n in range(30)]
    rows += [rows[3], asked("question 4", "Another."), called(CALL), called(BROKEN)]
    rows += [asked("Key?", "sk-proj-9aZ3bYc8XdW7eVf6UgT5hS"), asked("Mark?", "done<|im_end|>")]
    rows += [asked("Empty?", ""), asked("Blank?", "  "), asked("Number?", 42)]
    rows += [asked("<image>What?", "A cat.", images=["gone.png"]), asked("Who?", "I am {{NAME}}.")]
    rows += [asked(f"Long {n}?", "word " * 400) for n in range(3)]
    rows += [asked("word " * 400, f"Lost {n}") for n in range(2)]
    rows += [talk(("gpt", "Hi"), ("human", "Hello"), ("gpt", "Hello!"))]
    rows += [talk(("human", "a"), ("human", "b"), ("gpt", "c")), talk(("boss", "a"), ("gpt", "b"))]
    rows += [talk(("human", "Fine?"), ("gpt", "Fine.")), {"instruction": "No output"}]
    lines = [json.dumps(row) for row in rows]
    lines += ['{"instruction": "?", "output": None}', "{'instruction': '?', 'output': '!'}"]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("over_long", ["cut", "drop"])
def test_the_counts_of_a_check_are_those_of_training(
    tmp_path: Path, over_long: Literal["cut", "drop"]
) -> None:
    path = messy(tmp_path / "messy.jsonl")
    spec = RunSpec.from_mapping(
        {"data": {"train": [str(path)], "max_length": LONGEST, "over_long": over_long,
                  "eval_fraction": 0.2, "max_dropped": 0.9}}
    )  # fmt: skip
    tokenizer = tokenizer_of("QWEN25")
    report = check(
        spec.data.train, tokenizer=tokenizer, max_length=LONGEST, over_long=over_long,
        eval_fraction=0.2,
    )  # fmt: skip
    (told,) = report.sources
    token_faults = {"over_long": 5} if over_long == "drop" else {"no_trained_token": 2}
    assert dict(told.dropped_by) == {**EXPECTED, **token_faults}
    made = prepare(spec, tokenizer, Job())
    (done,) = made.report.sources
    assert (done.rows, done.kept, done.dropped_by) == (told.rows, told.kept, told.dropped_by)
    assert made.eval is not None
    lengths = [len(ids) for rows in (made.train, made.eval) for ids in rows["input_ids"]]
    assert len(lengths) == told.kept and max(lengths) <= LONGEST
    assert told.cut == done.cut == lengths.count(LONGEST) == (3 if over_long == "cut" else 0)
    lost = {f.line for f in told.findings if f.lost}
    assert len(lengths) + len(lost) == told.rows and lost <= set(range(1, told.rows + 1))


def test_the_counts_without_a_tokenizer_are_those_of_reading_alone(tmp_path: Path) -> None:
    path = messy(tmp_path / "messy.jsonl")
    spec = RunSpec.from_mapping({"data": {"train": [str(path)]}})
    for content in (True, False):
        (told,) = check(spec.data.train, content=content).sources
        assert dict(told.dropped_by) == EXPECTED
        assert told.rows - sum(EXPECTED.values()) == told.kept == told.taken
    codes = Counter(f.code for f in check(spec.data.train).sources[0].findings)
    assert codes["duplicate"] == 1 and codes["secret_key"] == 1 and codes["foreign_token"] == 1
