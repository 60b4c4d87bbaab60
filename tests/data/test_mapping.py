"""Columns danlu does not know: what they probably are, and how a person says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.data.check import check
from engine.data.column_option import parse_columns, show_columns
from engine.data.mapping import propose
from engine.data.role_names import propose_roles
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source
from tui.main import main

TALK = [[{"speaker": "b1", "text": "Hello?"}, {"speaker": "b2", "text": "Good morning."}],
        [{"speaker": "b1", "text": "Back?"}, {"speaker": "b2", "text": "I am back."}]]  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "rows", "columns"),
    [
        ("sft", [{"nr": "1", "问题": "谁？", "答案": "我"}], {"问题": "query", "答案": "response"}),
        ("sft", [{"Task": "Add", "Context": "1", "Reply": "2"}],
         {"Task": "instruction", "Context": "input", "Reply": "output"}),
        ("sft", [{"text": "They won", "label": "sports"}, {"text": "Down", "label": "money"}],
         {"text": "query", "label": "response"}),
        ("sft", [{"c1": "How are you?", "c2": "Fine, thank you.", "url": "http://a.b/c"},
                 {"c1": "And now?", "c2": "Still fine.", "url": "http://a.b/d"}],
         {"c1": "query", "c2": "response"}),
        ("pt", [{"id": 1, "正文": "Long text."}], {"正文": "text"}),
        ("dpo", [{"问题": "?", "better": "b", "worse": "a"}],
         {"问题": "query", "better": "chosen", "worse": "rejected"}),
        ("kto", [{"问题": "?", "答案": "b", "fine": True}],
         {"问题": "query", "答案": "response", "fine": "label"}),
        ("grpo", [{"题目": "1+1=?", "gold": "2"}], {"题目": "query"}),
    ],
)  # fmt: skip
def test_columns_are_proposed_by_their_names_and_by_what_they_hold(
    stage: str, rows: list[dict[str, Any]], columns: dict[str, str]
) -> None:
    proposal = propose(rows, stage)
    assert proposal is not None and proposal.columns == columns


@pytest.mark.parametrize(
    ("stage", "row"),
    [
        ("sft", {"a": 1, "b": 2}),
        ("sft", {"only": "A text and nothing else."}),
        ("dpo", {"q": "What?", "one": "This.", "two": "That."}),
    ],
)
def test_nothing_is_proposed_where_nothing_speaks_for_it(stage: str, row: dict[str, Any]) -> None:
    assert propose([row], stage) is None


def test_keys_and_roles_of_turns_are_proposed(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text("".join(json.dumps({"dialog": turns}) + "\n" for turns in TALK))
    proposal = propose([{"dialog": turns} for turns in TALK])
    assert proposal is not None and proposal.columns == {"dialog": "conversations"}
    assert proposal.tags == {"role_tag": "speaker", "content_tag": "text", "user_tag": "b1",
                             "assistant_tag": "b2"}  # fmt: skip
    source = Source(str(path), columns=proposal.columns, tags=proposal.tags)
    assert check([source], content=False).kept == 2


def test_the_option_is_read_back_as_it_is_shown() -> None:
    columns, tags = {"问题": "instruction", "答案": "output"}, {"role_tag": "who"}
    shown = show_columns(columns, tags)
    assert shown == "instruction=问题,output=答案,role_tag=who"
    assert parse_columns(shown) == (columns, tags)
    odd = {"a,b": "query", "c=d": "response"}
    assert parse_columns(show_columns(odd)) == (odd, {})


@pytest.mark.parametrize(
    ("text", "code"),
    [("query", "not_columns"), ("q=a,", "not_columns"), ('{"a": 1}', "not_columns"),
     ("问题=query", "no_such_field")],
)  # fmt: skip
def test_an_option_that_says_nothing_is_refused(text: str, code: str) -> None:
    with pytest.raises(DanluError) as caught:
        parse_columns(text)
    assert caught.value.code == f"data.{code}"


def test_the_command_proposes_a_mapping_and_takes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"问题": "谁？", "答案": ""}, ensure_ascii=False) + "\n", "utf-8")
    assert main(["check", str(path), "--lang", "en"]) == 1
    assert "--columns query=问题,response=答案" in capsys.readouterr().out
    assert main(["check", str(path), "--columns", "query=问题,response=答案", "--json"]) == 1
    (source,) = json.loads(capsys.readouterr().out)["sources"]
    assert [each["pointer"] for each in source["findings"]] == ["/答案"]


def test_roles_of_other_names_are_proposed_where_most_rows_are_lost_to_them(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    turns = [{"from": "客户", "value": "在吗？"}, {"from": "客服", "value": "在的。"}]
    path.write_text(3 * (json.dumps({"conversations": turns}) + "\n"))
    source = Source(str(path))
    report = check([source], content=False)
    propose_roles([source], report.sources, Job())
    (told,) = [each for each in report.findings if each.code == "roles_unnamed"]
    assert told.values["option"] == "user_tag=客户,assistant_tag=客服"
    assert check([Source(str(path), tags=parse_columns(told.values["option"])[1])]).kept == 3
    usual = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}
    named = propose([usual])
    assert named is not None and named.tags is None
