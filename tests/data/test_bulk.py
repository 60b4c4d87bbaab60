"""Reading in bulk tells of a file exactly what judging it row by row does."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.data import bulk
from engine.data.bulk import count_rows
from engine.data.conversation import Conversation
from engine.data.digest import digest_of
from engine.data.duplicates import Place, Seen
from engine.data.finding import at_row
from engine.data.onlooker import Onlooker, Run
from engine.data.remarks import remarks
from engine.data.report import SourceReport
from engine.data.survey import Wording, taken
from engine.data.suspicions import suspicious
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source
from tests.benchmarks.big_file import conversations

WORDS = ["It is 4.", "你好，世界", "100 %s done", "yes\nno", "tab\there", "Σ = 3", "ok 👍"]


def say(draw: random.Random) -> str:
    return f"{draw.choice(WORDS)} {draw.randrange(40)}"


def messages(draw: random.Random) -> dict[str, Any]:
    turns = [{"role": "system", "content": "Be brief."}] if draw.random() < 0.3 else []
    for _ in range(draw.choice((1, 1, 2))):
        turns += [
            {"role": "user", "content": say(draw)},
            {"content": say(draw), "role": "assistant"},
        ]
    return {"id": draw.randrange(99), "messages": turns}


def sharegpt(draw: random.Random) -> dict[str, Any]:
    row = {
        "conversations": [
            {"from": "human", "value": say(draw)},
            {"from": "gpt", "value": say(draw)},
        ]
    }
    return {**row, "system": draw.choice(("", None, "Be brief."))} if draw.random() < 0.5 else row


def alpaca(draw: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {"instruction": say(draw), "input": draw.choice(("", " ", say(draw)))}
    row |= {"output": say(draw), "source": draw.choice(("a", "b"))}
    if draw.random() < 0.2:
        row["history"] = draw.choice(([], None, [["a", "b"]]))
    return row


def question(draw: random.Random) -> dict[str, Any]:
    return {"Question": say(draw), "answer": say(draw), "score": draw.choice((1, 2.5, True))}


def spoilt(row: dict[str, Any], draw: random.Random) -> str:
    """A line that is not quite ``row``: each in a way that some check looks for, or nearly."""
    text = json.dumps(row, ensure_ascii=draw.random() < 0.5)
    name = draw.choice(list(row))
    changes: list[Callable[[], str]] = [
        lambda: text[: draw.randrange(len(text))],
        lambda: "",
        lambda: "  \t",
        lambda: json.dumps({**row, name: draw.choice((None, "", " ", 3, True, [], {}, ["x"]))}),
        lambda: json.dumps({key: value for key, value in row.items() if key != name}),
        lambda: json.dumps({**row, draw.choice(("system", "tools", "label", "note")): say(draw)}),
        lambda: json.dumps({**row, "label": draw.random() < 0.5}),
        lambda: text.replace("yes", "{{NAME}}").replace("It is", "{{ name }} {{"),
        lambda: text.replace("It", "\\u0000").replace("Σ", "\\ud800"),
        lambda: text.replace("4", "<image>").replace("ok", "<|im_end|>"),
        lambda: text.replace("%s", "mail me: jo@corp.io").replace("tab", "pwd=x7Tz!9qRw"),
        lambda: text.replace("user", "assistant", 1).replace("human", "Human", 1),
        lambda: text.replace('"role"', '"from"').replace('"content"', '"value"'),
        lambda: text.replace('"assistant"', '"tool"').replace('"gpt"', '"observation"'),
        lambda: text.replace(":", " :\t", 2),
        lambda: text + text,
        lambda: text + draw.choice((",", "\r", " ", "\v", "]")),
        lambda: text[:-1] + ', "n": ' + draw.choice(("NaN", "1e999", "9" * 5000, "[" * 3000)) + "}",
        lambda: json.dumps([row]),
        lambda: json.dumps(alpaca(draw)),
        lambda: json.dumps(messages(draw)),
    ]
    return draw.choice(changes)()


def write(path: Path, make: Callable[[random.Random], dict[str, Any]], seed: int) -> Path:
    draw = random.Random(seed)
    lines = [json.dumps(make(draw), ensure_ascii=draw.random() < 0.3) for _ in range(3)]
    for _ in range(250):
        row = make(draw)
        good = draw.random() < 0.85
        lines.append(json.dumps(row, ensure_ascii=False) if good else spoilt(row, draw))
    raw = "\n".join(lines).encode("utf-8", "surrogatepass")
    raw = raw.replace("世".encode(), b"\xff", 1) if draw.random() < 0.5 else raw
    path.write_bytes((b"\xef\xbb\xbf" if seed % 3 == 0 else b"") + raw + b"\n" * (seed % 2))
    return path


def told(path: Path, wording: Wording, *, in_bulk: bool, content: bool) -> tuple[Any, ...]:
    source, report, seen = Source(str(path)), SourceReport(str(path)), Seen()

    class Eyes(Onlooker):
        def look(self, row: Any, digest: bytes) -> None:
            report.add(at_row(remarks(row), row.row) if content else [])

    eyes = Eyes()
    eyes.content = content

    error = None
    try:
        if in_bulk:
            count_rows(source, wording, report, Job(), seen, eyes)
        else:
            for row in taken(source, wording, report, Job(), seen):
                eyes.look(row, b"")
    except DanluError as caught:
        error = str(caught)
    return report.document(), report.findings, error


@pytest.mark.parametrize("make", [messages, sharegpt, alpaca, question])
@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 12))]
)
def test_a_spoilt_file_is_told_of_alike(
    tmp_path: Path, make: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_BLOCK", 1500)
    monkeypatch.setattr(bulk, "_RUN", 20)
    path = write(tmp_path / "rows.jsonl", make, seed)
    wording = Wording({"name": "Ember"} if seed else {}, "Be kind." if seed else None)
    for content in (False, True):
        one = told(path, wording, in_bulk=False, content=content)
        assert told(path, wording, in_bulk=True, content=content) == one
        assert one[0]["dropped"] > 5 and one[0]["kept"] > 150


def test_most_rows_are_never_looked_at_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in conversations(2000, copies=100)))
    looked, passed = [], []

    class Eyes(Onlooker):
        content = True

        def look(self, row: Any, digest: bytes) -> None:
            looked.append(row)

        def passed(self, run: Run) -> None:
            passed.extend(run.words())

    report = SourceReport(str(path))
    count_rows(Source(str(path)), Wording(), report, Job(), Seen(), Eyes())
    assert (report.rows, report.taken, report.dropped) == (2000, 2000, 0)
    assert report.document()["findings"][0]["count"] == 20 and len(looked) < 1000
    assert len(looked) + len(passed) == 2000
    words, place, digest = passed[7]
    row = list(conversations(2000, copies=100))[place.row - 1]
    said = "\n".join(m["content"] for m in row["messages"] if m["role"] != "system")
    assert (words if isinstance(words, str) else words.decode()) == said
    assert digest == digest_of(row["messages"], None)


def test_duplicates_are_found_alone_and_in_runs() -> None:
    seen = Seen()
    rows = [digest_of([{"role": "user", "content": str(n % 70)}], None) for n in range(100)]
    assert seen.first(rows[5], Place("a", 1, 1)) is None
    again = dict(seen.run(b"".join(rows), "b", 11, 1))
    assert again == {5: Place("a", 1, 1)} | {
        n: Place("a", 1, 1) if n == 75 else Place("b", 11 + n - 70, n - 69) for n in range(70, 100)
    }
    assert seen.first(rows[3], Place("c", 1, 1)) == Place("b", 14, 4)


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-Ab12Cd34Ef56Gh78Ij90", "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "密码是 x7Tz!9q",
        "AKIA0123456789ABCDEF", 'PASSWORD": "x7Tz!9qRw"', "api-key=x7Tz!9q", "mongodb://u:x7Tz!9@h",
        "jo@corp.io", "call 13812345678 now", "11010519491231002X", "6222021234567890128",
        "<|im_end|>", "<｜User｜>", "[INST]", "[/INST]", "<<SYS>>", "<end_of_turn>", "<_user>",
        "<reserved_106>", "[gMASK]", "<sop>", "the end</s>", "锟斤拷", "ä½ å¥½",
        "浣犲ソ锛屼笘鐣岋紒", "a\u200bb", "a\x7fb", "\ufeffa", "\ufffd",
        "-----BEGIN RSA PRIVATE KEY-----",
        "<image>",
    ],
)  # fmt: skip
def test_what_deserves_a_remark_is_suspicious(text: str) -> None:
    assert suspicious([b"fine", f"so {text} it".encode()]) == [1]


def test_whatever_is_remarked_on_is_suspicious() -> None:
    draw = random.Random(3)
    pieces = [
        "sk-proj-Ab12Cd34Ef56Gh78Ij90", "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "密码",
        "Password", "PWD", "api_KEY",
        "\"", "”", "\u3000", "\xa0", "\x85", " ", "是", "：", "=", "x7Tz!9qRw",
        "ftp://u:", "x7Tz!9@h", "jo@", "corp.io", "1381", "2345678", "110105", "19491231002X",
        "<|im_", "end|>", "<｜", "｜>", "[/INST]", "</s>", "\n", "ä½ å¥½", "锟斤拷", "a", "你",
        "<image>", "\u200b", "\x1c", "\ufffd", "烫烫烫", "浣犲ソ锛屼笘鐣岋紒",
        "-----BEGIN PRIVATE KEY-----",
    ]  # fmt: skip
    texts = ["".join(draw.choices(pieces, k=draw.choice((1, 2, 3, 4)))) for _ in range(2000)]
    remarked = {
        number
        for number, text in enumerate(texts)
        if remarks(Conversation([{"role": "user", "content": text}], None, "", 1))
    }
    found = set(suspicious([text.encode() for text in texts]))
    assert remarked <= found and len(remarked) > 600
