"""Whatever a file holds, checking it ends with counts that add up, never with a traceback."""

from __future__ import annotations

import json
import os
import resource
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.data.check import check
from engine.data.conversation import Conversation
from engine.data.garbled import half_character
from engine.data.remarks import remarks
from engine.data.repair import repair
from engine.data.report import Report
from engine.data.sketches import sketches
from engine.data.suspicions import suspicious
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source
from tests.data.test_bad_files import BAD

SEEDS = {path.name: path.read_bytes() for path in sorted(BAD.iterdir())}
SEEDS["rows.json"] = json.dumps(
    [{"instruction": "Why?", "output": "So."}, {"instruction": "Who?", "output": "I."}], indent=1
).encode()
PIECES = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\r", b'"', b"{", b"[", b"}", b"]", b"\\", b",",
    b"\xd6\xd0\xce\xc4", b'"\\ud83d"', b"NaN", b"1e999", b'{"a":' * 50, b"null", b"\xc2\x85",
    "“".encode(), b"{{NAME}}", b"<|im_end|>",
]  # fmt: skip
QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file's name and a real file's bytes with some of them cut, changed or doubled."""
    name = draw(st.sampled_from(sorted(SEEDS)))
    raw = SEEDS[name]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        end = min(len(raw), at + draw(st.integers(0, 20)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=8))
        form = draw(st.sampled_from(["cut", "insert", "replace", "double", "drop"]))
        raw = {
            "cut": raw[:at],
            "insert": raw[:at] + piece + raw[at:],
            "replace": raw[:at] + piece + raw[end:],
            "double": raw[:at] + raw[at:end] * 3 + raw[end:],
            "drop": raw[:at] + raw[end:],
        }[form]
    return name, raw


def judged(path: Path, **options: Any) -> Report:
    """The report, once it was seen to hold together."""
    report = check([Source(str(path))], stage="auto", **options)
    (source,) = report.sources
    assert source.rows == source.kept + source.dropped
    assert sum(source.dropped_by.values()) == source.dropped >= 0
    lines = path.read_bytes().count(b"\n") + path.read_bytes().count(b"\r") + 1
    for finding in source.findings:
        assert 0 <= finding.line <= lines and finding.message and finding.fix
    json.dumps(report.document(), ensure_ascii=False).encode()  # can be printed
    assert len(list(report.conversations)) == source.taken
    return report


def tried(name: str, raw: bytes, folder: Path) -> None:
    path = folder / name
    path.write_bytes(raw)
    judged(path)
    out = folder / "mended.jsonl"
    out.unlink(missing_ok=True)
    try:
        made = repair(Source(str(path)), out, job=Job())
    except DanluError as error:
        assert str(error) and not out.exists()
    else:
        assert made.written == sum(1 for line in out.read_bytes().split(b"\n") if line)
        assert not made.written or "not_json" not in judged(out).dropped_by
    assert path.read_bytes() == raw


@settings(
    max_examples=50, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
)
@example(("01_wechat_quotes.jsonl", b'{"instruction": "\\ud800", "output": "x"}\n'))
@example(("rows.json", b"[" * 5000))
@example(("27_duplicates.json", b'[{"a": ' * 600))
@example(("05_notepad_bom.jsonl", b'{"messages": ' + b"[" * 3000 + b"]" * 3000 + b"}\n"))
@example(("02_excel_gbk.csv", b'"' * 999 + b"\n\x00,\x00\n"))
@given(mutated())
def test_a_damaged_file_is_told_of_not_stumbled_over(
    tmp_path: Path, damaged: tuple[str, bytes]
) -> None:
    tried(*damaged, tmp_path)


@pytest.mark.slow
@settings(
    max_examples=600, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
)
@given(mutated())
def test_many_damaged_files_are_told_of(tmp_path: Path, damaged: tuple[str, bytes]) -> None:
    tried(*damaged, tmp_path)


def within(seconds: float, work: Callable[[], Any]) -> Any:
    """What ``work`` gives; fails where it does not end."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"
    return result[0]


def code_of(report: Report) -> str:
    return report.findings[0].code


def test_what_is_no_file_is_refused_by_name_at_once(tmp_path: Path) -> None:
    pipe, loop, gone = (tmp_path / f"{name}.jsonl" for name in ("pipe", "loop", "gone"))
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    gone.symlink_to(tmp_path / "nowhere.jsonl")
    folder = tmp_path / "rows.jsonl"
    folder.mkdir()
    assert code_of(within(30, lambda: check([Source(str(pipe))]))) == "not_a_file"
    assert code_of(within(30, lambda: check([Source(str(loop))]))) == "link_loop"
    assert code_of(within(30, lambda: check([Source(str(gone))]))) == "broken_link"
    assert code_of(within(30, lambda: check([Source(str(folder))]))) == "no_files"
    (folder / "up").symlink_to(folder)
    os.mkfifo(folder / "p.jsonl")
    (folder / "a.jsonl").write_text('{"query": "?", "response": "!"}\n')
    assert within(30, lambda: check([Source(str(folder))])).kept == 1
    with socket.socket(socket.AF_UNIX) as door:
        os.chdir(tmp_path)  # a socket's path may be 108 bytes long
        door.bind("s.jsonl")
        assert code_of(within(30, lambda: check([Source("s.jsonl")]))) == "not_a_file"


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n")
    real = open

    def refused(file: Any, *rest: Any, **options: Any) -> Any:
        if str(file) == str(path):
            raise PermissionError(13, "Permission denied")
        return real(file, *rest, **options)

    monkeypatch.setattr("builtins.open", refused)
    assert code_of(check([Source(str(path))])) == "unreadable"


def test_twenty_thousand_columns_are_named_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "wide.jsonl"
    path.write_text(json.dumps(dict.fromkeys((f"c{n}" for n in range(20_000)), 1)) + "\n")
    report = judged(path)
    assert len(report.findings[0].message) < 500


@pytest.mark.slow
def test_hundreds_of_thousands_of_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "wide.jsonl"
    path.write_text(json.dumps(dict.fromkeys((f"c{n}" for n in range(300_000)), 1)) + "\n")
    assert len(check([Source(str(path))]).findings[0].message) < 500


@pytest.mark.slow
def test_huge_rows_and_endless_lines_take_bounded_memory(tmp_path: Path) -> None:
    good = json.dumps({"instruction": "Why?", "output": "So."}) + "\n"
    huge = tmp_path / "huge.jsonl"
    row = json.dumps({"instruction": "Write.", "output": "word " * 10_000_000}) + "\n"
    huge.write_text(good + row + good)
    del row
    assert check([Source(str(huge))]).kept == 3
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    endless = tmp_path / "endless.jsonl"
    with open(endless, "wb") as file:
        file.write(good.encode())
        for _ in range(300):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + good.encode())
    report = check([Source(str(endless))])
    assert (report.kept, report.dropped_by) == (2, {"row_too_large": 1})
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 400 * 1024  # KiB: a line of 300 MiB is never held whole


WORDS = st.lists(
    st.one_of(
        st.sampled_from(["password", "密码", "api_key", "://u:", "@", "1381234567", "<|", "{{a}}"]),
        st.sampled_from(
            ["=", "：", "\u3000", "\x85", "\x1c", " ", "x7Tz!9qRw", "corp.io", "锟斤拷"]
        ),
        st.text(max_size=12),
    ),
    max_size=6,
).map("".join)


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
)
@given(st.lists(WORDS, min_size=1, max_size=20))
def test_looking_at_many_texts_at_once_misses_nothing(texts: list[str]) -> None:
    whole = [text for text in texts if not half_character(text)]
    found = suspicious([text.encode() for text in whole])
    for number, text in enumerate(whole):
        said = Conversation([{"role": "user", "content": text}], None, "", 1)
        assert "\0" in text or number in found or not remarks(said)
    plain = ["".join(text.split()).casefold() for text in texts]
    assert (sketches(texts) == sketches(plain)).all()
    assert (sketches(texts)[-1] == sketches(texts[-1:])[0]).all()
