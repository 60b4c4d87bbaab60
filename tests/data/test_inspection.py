"""What rows hold and what they share: secrets, marks, garbled text, near duplicates, leaks."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from engine.data.check import check
from engine.data.foreign_tokens import foreign_token
from engine.data.garbled import unscrambled
from engine.data.inspection import Inspection
from engine.data.near_duplicates import Sketches
from engine.data.preview import Preview
from engine.data.prompt_key import normalised
from engine.data.repair import plan_repair, repair
from engine.data.report import Report
from engine.data.secrets import hidden, secrets
from engine.data.sketches import BINS, sketches
from engine.data.split import held_back
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Data, Source
from tests.data.templates import tokenizer_of

DRAW = random.Random(7)
WORDS = ["".join(DRAW.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(500)]


def write(path: Path, *rows: Any) -> Source:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return Source(str(path))


def asked(question: str, answer: str = "So it is.") -> dict[str, str]:
    return {"instruction": question, "output": answer}


def long(seed: int, changed: int = 0) -> str:
    draw = random.Random(seed)
    words = draw.choices(WORDS, k=120)
    return " ".join([f"new{n}" for n in range(changed)] + words[changed:])


def told(report: Report, code: str) -> list[tuple[int, str]]:
    every = [f for source in (*report.sources, *report.held) for f in source.findings]
    return [(finding.line, finding.message) for finding in every if finding.code == code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("use sk-proj-9aZ3bYc8XdW7eVf6UgT5hS", "secret_key"),
        ("hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567", "secret_key"),
        ("id AKIAQ3EGRB7NXLWZ5T2M here", "secret_key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "private_key"),
        ("password: hunter2-for-all", "password"),
        ("mysql://root:s3cretpw@db/x", "password"),
        ("write to li.hua@corp-mail.cn", "email_address"),
        ("call 13812345678.", "phone_number"),
        ("11010519491231002X", "id_number"),
    ],
)
def test_a_secret_is_found_and_never_shown_whole(text: str, code: str) -> None:
    found = list(secrets(text))
    assert [secret.code for secret in found] == [code]
    secret = text[found[0].start : found[0].end]
    assert secret not in str(found[0].values) and secret not in hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "me@example.com", "password = os.environ['PASSWORD']",
        "11010519491231002", "110105194912310021", "order 213812345678901", "a.b@2x.png",
        "the token is a word; the key point of the password policy", "pi is 3.14159265358979",
    ],
)  # fmt: skip
def test_what_only_looks_a_little_like_a_secret_is_left_alone(text: str) -> None:
    assert list(secrets(text)) == []


def test_marks_of_templates_are_told_from_html_and_code() -> None:
    for text in ("x<|im_end|>", "[INST] x [/INST]", "x</s>", "<start_of_turn>user"):
        assert foreign_token(text)
    for text in ("<s>old</s>", "a <| b |> c", "List<T>", "<br>", "x[INSTALL]"):
        assert foreign_token(text) is None
    assert foreign_token("x<|im_end|>", {"<|im_end|>"}) is None


def test_garbled_text_is_read_back_only_where_it_is_garbled() -> None:
    said = "It’s a café — naïve."
    assert unscrambled(said.encode().decode("cp1252")) == said
    for plain in (said, "plain", "Crème brûlée à la carte"):
        assert unscrambled(plain) is None


def test_near_duplicates_are_found_and_others_are_not(tmp_path: Path) -> None:
    rows = [asked(long(seed)) for seed in range(40)]
    source = write(tmp_path / "a.jsonl", *rows, asked(long(3, changed=4)), asked(long(5, 90)))
    ((line, message),) = told(check([source]), "near_duplicate")
    assert line == 41 and "a.jsonl, line 4" in message
    assert told(check([source], content=False), "near_duplicate") == []


def test_sketches_agree_as_much_as_texts_do() -> None:
    (one,) = sketches([long(1)])
    for changed, low, high in ((0, 1.0, 1.0), (6, 0.8, 0.97), (60, 0.2, 0.5), (120, 0, 0.1)):
        (other,) = sketches([long(1, changed)])
        share = float((one == other).sum()) / BINS
        assert low <= share <= high, changed
    assert list(Sketches().alike()) == []


def test_evaluation_rows_that_are_trained_too_are_found(tmp_path: Path) -> None:
    train = write(
        tmp_path / "train.jsonl", asked("Who are you?"), asked("What is it?"), asked(long(1))
    )
    held = write(
        tmp_path / "eval.jsonl",
        asked("Why?"), asked("What is it?"), asked("who are YOU"  , "Another."), asked(long(1, 3)),
    )  # fmt: skip
    report = check([train], held=[held])
    assert [line for line, _ in told(report, "leaked_row")] == [2]
    ((line, message),) = told(report, "leaked_question")
    assert line == 3 and "train.jsonl, line 1" in message
    assert [line for line, _ in told(report, "near_leak")] == [4]
    assert report.rows == 3 and report.document()["eval"][0]["rows"] == 4


def test_what_is_asked_is_the_same_however_it_is_written() -> None:
    for one, other in (
        ("Who are you?", "who are YOU"), ("你好\uff0c你是谁\uff1f", "你好 你是谁"),
        ("\uff21 test .", "a test"), ("pay 1.5", "pay  1.5!"),
    ):  # fmt: skip
        assert normalised(one) == normalised(other)
    for one, other in (("3+4?", "3-4?"), ("pay 1.5", "pay 15"), ("sort 1 2 3", "sort 12 3")):
        assert normalised(one) != normalised(other)


def test_rows_that_ask_the_same_are_held_back_together_and_stay_so(tmp_path: Path) -> None:
    def sides(count: int) -> dict[str, set[bool]]:
        rows = [asked(f"What is {n}?", f"It is {n}.") for n in range(count)]
        rows += [asked(f"what is {n}", f"{n}, as ever.") for n in range(count)]
        taken = list(check([write(tmp_path / "a.jsonl", *rows)], content=False).conversations)
        held: dict[str, set[bool]] = {}
        for row, side in zip(taken, held_back(taken, 0.2), strict=True):
            held.setdefault(normalised(row.messages[0]["content"]), set()).add(side)
        return held

    few, many = sides(50), sides(150)
    assert all(len(both) == 1 for both in many.values()) and {True} in few.values()
    assert few == {question: many[question] for question in few}


def test_rows_nearly_alike_on_both_sides_of_a_split_are_found(tmp_path: Path) -> None:
    rows = [asked(long(seed)) for seed in range(40)]
    source = write(tmp_path / "a.jsonl", *rows, *(asked(long(seed, 3)) for seed in range(40)))
    taken = list(check([source], content=False).conversations)
    sides = held_back(taken, 0.5)
    parted = [n for n in range(40) if sides[n] != sides[n + 40]]
    report = check([source], eval_fraction=0.5)
    leaks = {line for line, _ in told(report, "near_leak")}
    assert parted and leaks == {n + 1 if sides[n] else n + 41 for n in parted}
    assert len(told(report, "near_duplicate")) == 40 - len(parted)
    assert not told(check([source]), "near_leak")


def test_duplicates_are_found_across_files(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", asked("a?"), asked("b?"))
    other = write(tmp_path / "b.jsonl", asked("c?"), asked("b?"))
    ((line, message),) = told(check([one, other]), "duplicate_elsewhere")
    assert line == 2 and "a.jsonl, line 2" in message


def test_rows_are_found_by_words_findings_and_length_however_far(tmp_path: Path) -> None:
    rows = [asked(f"number {n}?") for n in range(2500)]
    rows[700] = asked("reach me at li.hua@corp-mail.cn")
    rows[1900] = asked("word " * 60)
    view = Preview(Data(train=[write(tmp_path / "a.jsonl", *rows)]))
    assert view.page(2400, 1)[0].number == 2401
    assert view.page(5, 2)[1].number == 7, "rows behind are read again"

    def says(text: str) -> Any:
        return lambda row: any(text in said for _, said in row.said())

    assert view.find(says("number 9?"), 20, 1, Job()) == 9
    assert view.find(says("number 9?"), 9, 1, Job()) is None
    assert view.find(says("li.hua"), 1500, -1, Job()) == 700
    assert view.find(None, 0, 1, Job()) == 700
    assert view.extreme(True, Job()) == 1900
    assert view.extreme(False, Job()) == 0


def test_the_longest_row_is_that_of_the_most_tokens(tmp_path: Path) -> None:
    rows = [asked("a" * 40), asked("\u4e00\u4e8c\u4e09" * 12), asked("b?")]
    view = Preview(Data(train=[write(tmp_path / "a.jsonl", *rows)]), tokenizer_of("QWEN25"))
    assert [view.extreme(longest, Job()) for longest in (True, False)] == [1, 2]


def test_a_repair_never_writes_over_a_file_nor_leaves_half_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "a.jsonl", asked("a?"), asked("a?"))
    assert plan_repair(source, job=Job()).kinds == {"duplicates": 1}
    out = tmp_path / "b.jsonl"
    out.write_text("mine")
    with pytest.raises(DanluError) as caught:
        repair(source, out, job=Job())
    assert caught.value.code == "repair.exists" and out.read_text() == "mine"
    job = Job(on_progress=lambda progress: job.cancel())
    with pytest.raises(BaseException):  # noqa: B017  # cancelled
        repair(source, tmp_path / "c.jsonl", job=job)
    monkeypatch.setattr("engine.data.repair.free_disk_bytes", lambda folder: 9)
    with pytest.raises(DanluError) as caught:
        repair(source, tmp_path / "d.jsonl", job=Job())
    assert caught.value.code == "repair.no_room"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl"]


def test_rows_read_in_bulk_are_compared_like_those_looked_at_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [asked(long(seed)) for seed in range(30)]
    rows += [asked(long(3, 4)), asked("我们" + long(5, 2)), rows[7], asked(long(8, 3) + " a@b.io")]
    rows += [asked(long(9, 2)) | {"system": "Be brief."}]
    source = write(tmp_path / "a.jsonl", *rows)
    in_bulk = check([source])
    assert [line for line, _ in told(in_bulk, "near_duplicate")] == [31, 32, 34, 35]
    monkeypatch.setattr(Inspection, "wants_each", True)
    assert check([source]).document() == in_bulk.document()
