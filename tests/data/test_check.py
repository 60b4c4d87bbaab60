"""Checking data: every format, every fault with its place and reason, nothing lost unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine import words
from engine.data.check import check
from engine.data.report import Report
from engine.data.schema import FORMATS, accepts, schema_of
from engine.spec.sections import Source
from tests.data.templates import tokenizer_of

GOOD = {"instruction": "2+2?", "input": "", "output": "four"}
TOOLS = json.dumps([{"name": "add", "parameters": {"type": "object"}}])
CALL = json.dumps({"name": "add", "arguments": {"a": 2}})


def write(tmp_path: Path, *rows: Any, name: str = "rows.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n")
    return path


def checked(path: Path, **options: Any) -> Report:
    return check([Source(str(path))], **options)


def said(*turns: str) -> list[dict[str, str]]:
    return [{"from": role, "value": "x"} for role in turns]


def sole(report: Report) -> tuple[str, int, str]:
    """The only finding's code, line and pointer."""
    assert len(report.findings) == 1, [finding.code for finding in report.findings]
    return report.findings[0].code, report.findings[0].line, report.findings[0].pointer


@pytest.mark.parametrize(
    ("row", "format", "messages"),
    [
        (
            {"instruction": "Add", "input": "2+2", "output": "4", "system": "S",
             "history": [["a", "b"]]},
            "alpaca",
            ["system:S", "user:a", "assistant:b", "user:Add\n2+2", "assistant:4"],
        ),
        ({"Question": "2+2?", "Answer": "4"}, "query_response", ["user:2+2?", "assistant:4"]),
        ({"input": "2+2?", "output": "4"}, "query_response", ["user:2+2?", "assistant:4"]),
        ({"prompt": "2+2?", "answers": ["4", "5"]}, "query_response", ["user:2+2?", "assistant:4"]),
        (
            {"conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "!"}],
             "system": "S"},
            "sharegpt",
            ["system:S", "user:?", "assistant:!"],
        ),
        (
            {"conversation": [{"human": "?", "assistant": "!"},
                              {"human": "??", "assistant": "!!"}]},
            "sharegpt",
            ["user:?", "assistant:!", "user:??", "assistant:!!"],
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}]},
                          {"role": "assistant", "content": "!", "reasoning_content": "hm"}]},
            "messages",
            ["user:?", "assistant:<think>\nhm\n</think>\n\n!"],
        ),
        ({"conversations": [{"role": "user", "content": "?"},
                            {"role": "assistant", "content": "!"}]},
         "messages", ["user:?", "assistant:!"]),
    ],
)  # fmt: skip
def test_each_format_is_seen_by_its_columns(
    tmp_path: Path, row: dict[str, Any], format: str, messages: list[str]
) -> None:
    report = checked(write(tmp_path, row))
    assert report.ok and report.sources[0].format == format
    (conversation,) = report.conversations
    assert [f"{m['role']}:{m['content']}" for m in conversation.messages] == messages


def test_tool_calls_of_both_conversation_formats_mean_the_same(tmp_path: Path) -> None:
    turns = [("human", "2+2?"), ("function_call", CALL), ("observation", "4"), ("gpt", "Four.")]
    sharegpt = {"conversations": [{"from": r, "value": v} for r, v in turns], "tools": TOOLS}
    function = {"name": "add", "arguments": '{"a": 2}'}
    messages = [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": None, "tool_calls": [{"function": function}]},
        {"role": "tool", "content": "4"},
        {"role": "assistant", "content": "Four."},
    ]
    openai = {"messages": messages, "tools": json.loads(TOOLS)}
    (one,) = checked(write(tmp_path, sharegpt)).conversations
    (other,) = checked(write(tmp_path, openai)).conversations
    assert one.messages == other.messages and one.tools == other.tools
    assert one.messages[1]["tool_calls"][0]["function"]["arguments"] == {"a": 2}


def test_csv_holds_history_and_conversations_as_json_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('instruction,output,history\n?,!,"[[""a"", ""b""]]"\n??,!!,\n')
    one, other = checked(path).conversations
    assert [len(one.messages), len(other.messages)] == [4, 2]


@pytest.mark.parametrize(
    ("row", "code", "pointer"),
    [
        ({"instruction": "?", "input": ""}, "missing_field", "/output"),
        ({**GOOD, "output": 4}, "wrong_type", "/output"),
        ({**GOOD, "output": " \n"}, "empty_answer", "/output"),
        ({**GOOD, "instruction": ""}, "empty_question", "/instruction"),
        ({**GOOD, "history": [["a"]]}, "not_a_pair", "/history/0"),
        ({**GOOD, "output": "I am {{ Name }}."}, "unfilled_placeholder", "/output"),
        ({"conversations": []}, "no_turns", "/conversations"),
        ({"conversations": said("human")}, "no_assistant", ""),
        ({"conversations": said("gpt", "human", "gpt")},
         "begins_with_answer", "/conversations/0/value"),
        ({"conversations": said("human", "human", "gpt")},
         "repeated_role", "/conversations/1/value"),
        ({"conversations": said("human", "robot")}, "unknown_role", "/conversations/1/from"),
        ({"conversations": [{"from": "human", "value": "?"}, {"from": "gpt"}]},
         "missing_field", "/conversations/1/value"),
        ({"conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": ""}]},
         "empty_answer", "/conversations/1/value"),
        ({"conversations": said("human", "function_call")},
         "bad_tool_call", "/conversations/1/value"),
        ({"conversations": said("human", "gpt"), "tools": "{"}, "bad_tools", "/tools"),
        ({"messages": [{"role": "user"}, {"role": "assistant", "content": "!"}]},
         "missing_field", "/messages/0/content"),
        ({"messages": [{"role": "user", "content": [{"type": "audio", "text": ""}]},
                       {"role": "assistant", "content": "!"}]},
         "not_text", "/messages/0/content/0/type"),
    ],
)  # fmt: skip
def test_a_bad_row_is_found_with_its_place_and_left_out(
    tmp_path: Path, row: dict[str, Any], code: str, pointer: str
) -> None:
    column = next(iter(row))
    good = GOOD if column == "instruction" else {column: said("human", "gpt")}
    if column == "messages":
        good = {
            "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
        }
    report = checked(write(tmp_path, good, row))
    assert sole(report) == (code, 2, pointer)
    assert (report.rows, report.kept, report.dropped, report.dropped_by[code]) == (2, 1, 1, 1)
    assert not report.ok
    assert len(list(report.conversations)) == 1


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_finding_has_words_in_both_languages(tmp_path: Path, language: str) -> None:
    from engine.data import finding

    words.use_language(language)
    codes = {key.split(".")[1] for key in words.keys_below("finding")}
    assert codes >= finding._WARNINGS | finding._INFO
    for code in codes:
        for part in ("title", "message", "fix"):
            assert words.has(f"finding.{code}.{part}")
    report = checked(write(tmp_path, GOOD, {**GOOD, "output": "{{NAME}}"}))
    group = report.document()["sources"][0]["findings"][0]
    assert "{{NAME}}" in group["message"] and "--fill NAME=" in group["fix"]


def test_rows_that_may_be_trained_are_kept_with_a_remark(tmp_path: Path) -> None:
    turns = [{"conversations": said("human", "gpt", "human")}]
    assert sole(checked(write(tmp_path, *turns))) == ("unanswered_end", 1, "/conversations/2/value")
    assert sole(checked(write(tmp_path, GOOD, GOOD))) == ("duplicate", 2, "")
    assert sole(checked(write(tmp_path, {**GOOD, "label": False}))) == ("bad_label", 1, "/label")
    assert checked(write(tmp_path, GOOD, GOOD)).ok


def test_placeholders_are_filled_whatever_their_case(tmp_path: Path) -> None:
    path = write(tmp_path, {**GOOD, "instruction": "{{NAME}}?", "output": "I am {{ name }}."})
    report = checked(path, fill={"Name": "小炉"})
    (conversation,) = report.conversations
    assert [m["content"] for m in conversation.messages] == ["小炉?", "I am 小炉."]
    kept = checked(path, fill={"name": "{{name}}"})
    assert kept.ok and next(kept.conversations).messages[1]["content"] == "I am {{name}}."


def test_a_system_prompt_is_put_where_a_row_has_none(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, {**GOOD, "system": "Own."})
    systems = [c.messages[0]["content"] for c in checked(path, system="Be brief.").conversations]
    assert systems == ["Be brief.", "Own."]


def test_columns_can_be_mapped_and_hidden_and_findings_name_the_files_own(tmp_path: Path) -> None:
    path = write(tmp_path, {"frage": "?", "antwort": "!"}, {"frage": "?", "antwort": ""})
    source = Source(str(path), columns={"frage": "query", "antwort": "response"})
    report = check([source])
    assert sole(report) == ("empty_answer", 2, "/antwort")
    pair = write(tmp_path, {"prompt": "?", "chosen": "!", "rejected": "no"})
    assert check([Source(str(pair), columns={"chosen": "response", "rejected": "_"})]).ok


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    path = write(tmp_path, {"instruction": "Add", "input": "2+2", "output": "4"})
    report = check([Source(str(path), format="query/response")])
    assert report.sources[0].format == "query_response"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"a": 1, "b": 2}, "unknown_columns"),
        ({"prompt": "?", "chosen": "!", "rejected": "no"}, "preference"),
    ],
)
def test_a_file_of_rows_for_something_else_is_an_error_of_its_source(
    tmp_path: Path, row: dict[str, Any], code: str
) -> None:
    other = write(tmp_path, GOOD, name="good.jsonl")
    report = check([Source(str(write(tmp_path, row))), Source(str(other))])
    assert sole(report)[0] == code
    assert [source.kept for source in report.sources] == [0, 1]


def test_lengths_and_cuts_are_counted_with_a_tokenizer(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, {**GOOD, "output": "four " * 50})
    cut = checked(path, tokenizer=tokenizer_of("QWEN25"), max_length=60)
    assert sole(cut)[:2] == ("over_long", 2)
    assert (cut.kept, cut.cut, cut.ok) == (2, 1, True)
    assert cut.lengths[1] > 60 > cut.lengths[0]
    dropped = checked(path, tokenizer=tokenizer_of("QWEN25"), max_length=60, over_long="drop")
    assert (dropped.kept, dropped.cut, dropped.dropped_by["over_long"]) == (1, 0, 1)


def test_a_row_whose_question_fills_the_length_has_nothing_to_learn(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, {**GOOD, "instruction": "four " * 50})
    report = checked(path, tokenizer=tokenizer_of("QWEN25"), max_length=60)
    assert report.dropped_by == {"no_trained_token": 1}


def test_marks_of_the_model_within_words_are_found(tmp_path: Path) -> None:
    path = write(tmp_path, {**GOOD, "output": "four<|im_end|>"})
    report = checked(path, tokenizer=tokenizer_of("QWEN25"))
    assert sole(report) == ("special_token_in_text", 1, "/output")


def test_turns_of_the_assistant_in_a_row_are_joined_where_calls_are_text(tmp_path: Path) -> None:
    turns = [("human", "?"), ("gpt", "!"), ("function_call", CALL), ("observation", "4")]
    row = {"conversations": [{"from": r, "value": v} for r, v in [*turns, ("gpt", "!")]]}
    report = checked(write(tmp_path, row), tokenizer=tokenizer_of("GEMMA"))
    assert report.ok
    assert [finding.code for finding in report.findings] == ["tools_as_text"]


def test_a_row_the_template_refuses_is_left_out_with_the_templates_reason(tmp_path: Path) -> None:
    tokenizer = tokenizer_of("GLM")
    template = tokenizer.chat_template
    try:
        tokenizer.chat_template = "{{ raise_exception('no rows today') }}"
        report = checked(write(tmp_path, GOOD), tokenizer=tokenizer)
    finally:
        tokenizer.chat_template = template
    assert sole(report)[0] == "template_refused" and report.dropped == 1
    assert "no rows today" in report.findings[0].message


def test_the_document_groups_findings_with_count_first_place_and_reason(tmp_path: Path) -> None:
    bad = {**GOOD, "output": ""}
    document = checked(write(tmp_path, bad, GOOD, bad, {**GOOD, "output": "four!"})).document()
    (source,) = document["sources"]
    assert not document["ok"]
    assert {key: source[key] for key in ("format", "stage", "rows", "kept", "dropped", "cut")} == {
        "format": "alpaca", "stage": "sft", "rows": 4, "kept": 2, "dropped": 2, "cut": 0,
    }  # fmt: skip
    (group,) = source["findings"]
    assert (group["code"], group["severity"], group["count"]) == ("empty_answer", "error", 2)
    assert (group["line"], group["pointer"]) == (1, "/output")
    assert group["message"] and group["fix"]
    assert [place["line"] for place in group["places"]] == [1, 3]


@pytest.mark.parametrize(
    ("stage", "format"), [(stage, each) for stage, formats in FORMATS.items() for each in formats]
)
def test_the_quick_check_agrees_with_the_schema(stage: str, format: str) -> None:
    from jsonschema import Draft202012Validator

    schema = schema_of(format, stage)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    rows = [mutant for example in schema["examples"] for mutant in _mutants(example)]
    assert len(rows) > 20
    assert {validator.is_valid(row) for row in rows} == {True, False}
    for row in rows:
        assert accepts(format, stage)(row) == validator.is_valid(row), row


def _mutants(value: Any) -> list[Any]:
    """The value, and copies with one part of it removed or replaced by something else."""
    others = [None, "", " ", "text", 3, True, [], {}, ["a"], {"a": 1}]
    made = [value, *others]
    if isinstance(value, dict):
        for key in value:
            made.append({k: v for k, v in value.items() if k != key})
            made += [{**value, key: mutant} for mutant in _mutants(value[key])]
    elif isinstance(value, list):
        for index, part in enumerate(value):
            made += [[*value[:index], m, *value[index + 1 :]] for m in _mutants(part)]
    return made
