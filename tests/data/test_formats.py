"""Every stage's formats: each is seen by itself, read, and its faults named with their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.data.check import check
from engine.data.labelled import Labelled
from engine.data.plain_text import PlainText
from engine.data.preference import Preference
from engine.data.prompt import Prompt
from engine.data.report import Report
from engine.data.schema import FORMATS, schema_of
from engine.spec.sections import Source
from tests.data.test_pictures import png

ASKED, GOOD, BAD = {"role": "user", "content": "?"}, "four", "five"
SAID = {"role": "assistant", "content": GOOD}
HUMAN, GPT = {"from": "human", "value": "?"}, {"from": "gpt", "value": GOOD}


def write(tmp_path: Path, *rows: Any, name: str = "rows.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def checked(path: Path, stage: str = "auto", **options: Any) -> Report:
    return check([Source(str(path), **options)], stage=stage, content=False)


def found(report: Report) -> list[tuple[str, int, str]]:
    return [(each.code, each.line, each.pointer) for each in report.findings]


def told(messages: list[dict[str, Any]]) -> str:
    return " ".join(f"{message['role'][0]}:{message['content']}" for message in messages)


PAIRS: list[tuple[str, dict[str, Any]]] = [
    ("alpaca", {"instruction": "?", "chosen": GOOD, "rejected": BAD}),
    ("query_response", {"prompt": "?", "chosen": GOOD, "rejected": BAD}),
    ("query_response", {"query": "?", "response": GOOD, "rejected_response": BAD}),
    ("query_response", {"prompt": "?", "chosen": [ASKED, SAID],
                        "rejected": [ASKED, {**SAID, "content": BAD}]}),
    ("messages", {"messages": [ASKED, SAID], "rejected_response": BAD}),
    ("messages", {"messages": [ASKED], "chosen": SAID, "rejected": {**SAID, "content": BAD}}),
    ("messages", {"messages": [ASKED, SAID], "rejected_messages": [{**SAID, "content": BAD}]}),
    ("messages", {"prompt": [ASKED], "chosen": [SAID], "rejected": [{**SAID, "content": BAD}]}),
    ("sharegpt", {"conversations": [HUMAN], "chosen": GPT, "rejected": {**GPT, "value": BAD}}),
    ("pair", {"chosen": [ASKED, SAID], "rejected": [ASKED, {**SAID, "content": BAD}]}),
    ("pair", {"chosen": f"\n\nHuman: ?\n\nAssistant: {GOOD}",
              "rejected": f"\n\nHuman: ?\n\nAssistant: {BAD}"}),
]  # fmt: skip


@pytest.mark.parametrize(("format", "row"), PAIRS)
def test_pairs_of_every_form_mean_the_same(
    tmp_path: Path, format: str, row: dict[str, Any]
) -> None:
    report = checked(write(tmp_path, row))
    assert (report.sources[0].stage, report.sources[0].format) == ("dpo", format)
    assert report.ok and not report.findings
    (pair,) = report.conversations
    assert isinstance(pair, Preference)
    assert told(pair.prompt) == "u:?"
    assert told(pair.chosen.messages) == "u:? a:four"
    assert told(pair.rejected.messages) == "u:? a:five"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"rejected_response": GOOD}, "equal_pair", "/rejected_response"),
        ({"rejected_response": " "}, "empty_answer", "/rejected_response"),
        ({"rejected_response": 5}, "wrong_type", "/rejected_response"),
        ({"rejected_response": {"role": "poet", "content": ""}}, "unknown_role",
         "/rejected_response/role"),
        ({"messages": [SAID]}, "no_question", ""),
        ({"messages": [ASKED]}, "no_assistant", ""),
        ({"messages": [ASKED, ASKED, SAID]}, "repeated_role", "/messages/1/content"),
    ],
)  # fmt: skip
def test_a_bad_pair_is_found_with_its_place(
    tmp_path: Path, change: dict[str, Any], code: str, pointer: str
) -> None:
    row = {"messages": [ASKED, SAID], "rejected_response": BAD}
    report = checked(write(tmp_path, row, {**row, **change}))
    assert found(report) == [(code, 2, pointer)] and report.dropped == 1


@pytest.mark.parametrize(
    ("format", "row"),
    [
        ("alpaca", {"instruction": "?", "output": GOOD, "kto_tag": False}),
        ("query_response", {"prompt": "?", "completion": GOOD, "label": False}),
        ("messages", {"messages": [ASKED, SAID], "label": False}),
        ("messages", {"prompt": [ASKED], "completion": [SAID], "label": False}),
        ("sharegpt", {"conversations": [HUMAN, GPT], "kto_tag": False}),
    ],
)
def test_labelled_answers(tmp_path: Path, format: str, row: dict[str, Any]) -> None:
    report = checked(write(tmp_path, row))
    assert (report.sources[0].stage, report.sources[0].format) == ("kto", format)
    (answer,) = report.conversations
    assert isinstance(answer, Labelled) and answer.label is False
    assert told(answer.conversation.messages) == "u:? a:four"


def test_a_label_that_is_no_boolean_is_found(tmp_path: Path) -> None:
    row = {"query": "?", "response": GOOD, "kto_tag": True}
    report = checked(write(tmp_path, row, {**row, "kto_tag": "true"}, {**row, "kto_tag": 1}))
    assert found(report) == [("label_not_boolean", line, "/kto_tag") for line in (2, 3)]


def test_labels_of_csv_are_read_as_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("prompt,completion,label\n?,four,True\n?,five,false\n?,six,no\n")
    report = checked(path)
    assert [row.label for row in report.conversations] == [True, False]  # type: ignore[attr-defined]
    assert found(report) == [("label_not_boolean", 4, "/label")]


def test_prompts_keep_what_rewards_ask_for(tmp_path: Path) -> None:
    rows = [{"prompt": "1+1?", "ground_truth": "2"}, {"prompt": "2+2?", "ground_truth": "4"}]
    report = checked(write(tmp_path, *rows))
    assert report.sources[0].stage == "grpo"
    prompts = list(report.conversations)
    assert all(isinstance(prompt, Prompt) for prompt in prompts)
    assert [prompt.extra for prompt in prompts] == [  # type: ignore[attr-defined]
        {"ground_truth": "2"}, {"ground_truth": "4"}
    ]  # fmt: skip


def test_an_answer_at_the_end_of_a_prompt_is_left_off_and_said(tmp_path: Path) -> None:
    path = write(tmp_path, {"messages": [ASKED, SAID]}, {"messages": [SAID]})
    report = checked(path, "grpo")
    assert found(report) == [
        ("answer_left_off", 1, "/messages/1/content"), ("no_question", 2, "")
    ]  # fmt: skip
    assert [told(row.messages) for row in report.conversations] == ["u:?"]


def test_plain_text_from_rows_messages_and_files(tmp_path: Path) -> None:
    rows = write(tmp_path, {"id": 1, "text": "One {{here}}."}, {"id": 2, "text": " "})
    report = checked(rows)
    assert report.sources[0].stage == "pt" and found(report) == [("empty_text", 2, "/text")]
    (text,) = report.conversations
    assert isinstance(text, PlainText) and text.text == "One {{here}}."
    spoken = write(tmp_path, {"messages": [SAID]}, {"messages": [ASKED, SAID]}, name="m.jsonl")
    report = checked(spoken, "pt")
    assert found(report) == [("not_plain_text", 2, "/messages")] and report.kept == 1


def test_paragraphs_of_a_text_are_rows_each_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_text("\ufeffOne\nmore\n\n\nTwo\r\n\nThree", encoding="utf-8")
    report = checked(path)
    texts = [(row.line, row.text) for row in report.conversations]  # type: ignore[attr-defined]
    assert texts == [(1, "One\nmore"), (5, "Two"), (7, "Three")]
    path.write_bytes(b"One\nTwo\n\xff\n")
    report = checked(path)
    assert [row.line for row in report.conversations] == [1, 2]
    assert [(each.code, each.line) for each in report.findings] == [("not_utf8", 3)]


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        ({"instruction": "?", "output": GOOD}, "sft"),
        ({"messages": [ASKED, SAID]}, "sft"),
        ({"messages": [ASKED]}, "grpo"),
        ({"messages": [ASKED, SAID], "label": 3}, "sft"),
        ({"text": "Plain."}, "pt"),
        ({"question": "?", "text": GOOD}, "sft"),
    ],
)
def test_the_stage_is_seen_by_the_rows(tmp_path: Path, row: dict[str, Any], stage: str) -> None:
    assert checked(write(tmp_path, row)).sources[0].stage == stage


def test_rows_of_another_stage_are_an_error_that_says_what_is_needed(tmp_path: Path) -> None:
    path = write(tmp_path, {"instruction": "?", "output": GOOD})
    for stage in ("dpo", "kto", "pt"):
        report = checked(path, stage)
        assert [each.code for each in report.findings] == ["unknown_columns"]
        wanted = "--columns text=" if stage == "pt" else "--stage sft"
        assert wanted in report.findings[0].fix


def test_custom_tags_are_read_and_named_as_the_file_has_them(tmp_path: Path) -> None:
    tags = {"role_tag": "who", "content_tag": "says", "user_tag": "guest", "assistant_tag": "host"}
    turns = [{"who": "guest", "says": "?"}, {"who": "host", "says": GOOD}]
    bad = [{"who": "guest", "says": "?"}, {"who": "cook", "says": GOOD}]
    path = write(tmp_path, {"talk": turns}, {"talk": bad}, {"talk": [{"who": "guest"}]})
    report = checked(path, columns={"talk": "conversations"}, tags=tags)
    assert found(report) == [
        ("unknown_role", 2, "/talk/1/who"), ("missing_field", 3, "/talk/0/says")
    ]  # fmt: skip
    assert [told(row.messages) for row in report.conversations] == ["u:? a:four"]


def test_rows_of_every_stage_are_measured_with_a_tokenizer(tmp_path: Path) -> None:
    from tests.data.templates import tokenizer_of

    tokenizer = tokenizer_of("QWEN25")
    long = "four " * 80
    rows = {
        "pt": {"text": long},
        "dpo": {"messages": [ASKED, SAID], "rejected_response": long},
        "kto": {"query": "?", "response": long, "label": True},
        "grpo": {"prompt": long},
    }
    for stage, row in rows.items():
        path = write(tmp_path, row, name=f"{stage}.jsonl")
        report = check([Source(str(path))], stage="auto", tokenizer=tokenizer, max_length=60)
        assert report.sources[0].stage == stage
        (length,) = report.lengths
        assert length > 80 and report.cut == 1 and report.kept == 1
        assert [each.code for each in report.findings] == ["over_long"]


@pytest.mark.parametrize(
    ("stage", "format"), [(stage, each) for stage, formats in FORMATS.items() for each in formats]
)
def test_the_examples_of_every_schema_are_rows_of_its_format(
    tmp_path: Path, stage: str, format: str
) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    for number, example in enumerate(schema_of(format, stage)["examples"]):
        report = checked(write(tmp_path, example, name=f"{number}.jsonl"), stage)
        assert report.ok and report.sources[0].format == format, report.findings
