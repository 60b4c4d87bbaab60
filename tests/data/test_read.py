"""Rows out of files: each with its true line, and every fault of a file named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.data.csv_header import letter
from engine.data.files import locate
from engine.data.finding import Finding
from engine.data.read import read_file
from engine.data.row import Row
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

A = {"instruction": "2+2?", "output": "four"}
B = {"instruction": "3+3?", "output": "six"}


def read(path: Path) -> tuple[list[tuple[int, dict]], list[tuple[str, int, int]]]:
    """Rows as (line, value), findings as (code, line, rows lost)."""
    files = locate(Source(str(path)), Job()).files
    entries = [entry for file in files for entry in read_file(file, Job())]
    rows = [(entry.line, entry.value) for entry in entries if isinstance(entry, Row)]
    findings = [(e.code, e.line, e.lost) for e in entries if isinstance(e, Finding)]
    return rows, findings


def file(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_row_of_json_lines_has_the_line_it_stands_on(tmp_path: Path) -> None:
    path = file(tmp_path, "a.jsonl", f"{json.dumps(A)}\n\n{json.dumps(B)}\n")
    assert read(path) == ([(1, A), (3, B)], [])


def test_a_row_of_a_json_array_has_the_line_it_starts_on(tmp_path: Path) -> None:
    text = json.dumps([A, B], indent=2)
    assert read(file(tmp_path, "a.json", text)) == ([(2, A), (6, B)], [])
    assert read(file(tmp_path, "b.json", f"\n\n[{json.dumps(A)},\n\n{json.dumps(B)}]")) == (
        [(3, A), (5, B)],
        [],
    )


def test_a_record_of_csv_has_the_line_it_starts_on_past_quoted_line_ends(tmp_path: Path) -> None:
    text = 'instruction,output\r\n"2+2\r\n?",four\r\n\r\n"3""3","a, b\nc"\r\n'
    rows, findings = read(file(tmp_path, "a.csv", text))
    assert rows == [
        (2, {"instruction": "2+2\r\n?", "output": "four"}),
        (5, {"instruction": '3"3', "output": "a, b\nc"}),
    ]
    assert findings == []


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ";"), ("a.tsv", "\t"), ("b.csv", "\t")])
def test_other_marks_between_fields_are_seen(tmp_path: Path, name: str, mark: str) -> None:
    path = file(tmp_path, name, f"instruction{mark}output\n2,2{mark}four\n")
    assert read(path)[0] == [(2, {"instruction": "2,2", "output": "four"})]


def test_json_lines_in_a_json_file_and_an_array_in_a_jsonl_file_are_read(tmp_path: Path) -> None:
    lines = f"{json.dumps(A)}\n{json.dumps(B)}\n"
    assert read(file(tmp_path, "a.json", lines))[0] == [(1, A), (2, B)]
    assert read(file(tmp_path, "a.jsonl", json.dumps([A, B], indent=1)))[0] == [(2, A), (6, B)]


def test_an_object_that_holds_a_list_of_rows_and_a_single_row_are_read(tmp_path: Path) -> None:
    inside = json.dumps({"version": [1, 2], "data": [A, B]}, indent=1)
    assert [row for _, row in read(file(tmp_path, "a.json", inside))[0]] == [A, B]
    assert read(file(tmp_path, "b.json", json.dumps(A, indent=1)))[0] == [(1, A)]
    turns = {"conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "!"}]}
    assert read(file(tmp_path, "c.json", json.dumps(turns)))[0] == [(1, turns)]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv"])
def test_a_byte_order_mark_is_read_past_and_said(tmp_path: Path, name: str) -> None:
    text = {
        "a.json": json.dumps([A]),
        "a.jsonl": json.dumps(A),
        "a.csv": "instruction,output\n2+2?,four\n",
    }[name]
    rows, findings = read(file(tmp_path, name, b"\xef\xbb\xbf" + text.encode()))
    assert [row for _, row in rows] == [A]
    assert findings == [("bom", 1, 0)]


def test_broken_lines_are_found_and_the_others_are_read(tmp_path: Path) -> None:
    good = json.dumps(A).encode()
    content = b"\n".join([good, b"{'a': 1}", b"[1]", b'{"a": "\xff"}', good, good[:10]])
    rows, findings = read(file(tmp_path, "a.jsonl", content))
    assert [line for line, _ in rows] == [1, 5]
    assert findings == [
        ("json_single_quotes", 2, 1),
        ("not_object", 3, 1),
        ("not_utf8", 4, 1),
        ("cut_off", 6, 1),
    ]


def test_a_broken_row_of_an_array_costs_that_row_alone(tmp_path: Path) -> None:
    lines = json.dumps([A, B, A, B], indent=2).splitlines()
    lines[6] = lines[6].rstrip('",') + ","  # the second row's instruction is never closed
    rows, findings = read(file(tmp_path, "a.json", "\n".join(lines)))
    assert [line for line, _ in rows] == [2, 10, 14]
    assert findings == [("json_line_end", 6, 1)]


def test_nested_objects_of_a_broken_row_are_not_taken_for_rows(tmp_path: Path) -> None:
    row = {"conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "!"}]}
    parts = [json.dumps(row), json.dumps(row).replace("]", "", 1), json.dumps(row)]
    rows, findings = read(file(tmp_path, "a.json", "[" + ",\n".join(parts) + "]"))
    assert [line for line, _ in rows] == [1, 3]
    assert findings == [("not_json", 2, 1)]


def test_an_array_cut_off_within_a_row_gives_the_rows_before_it(tmp_path: Path) -> None:
    text = json.dumps([A, B], indent=2)
    rows, findings = read(file(tmp_path, "a.json", text[: text.index("six")]))
    assert rows == [(2, A)]
    assert findings == [("cut_off", 6, 1)]


def test_an_array_without_its_end_or_a_comma_loses_no_row(tmp_path: Path) -> None:
    a, b = json.dumps(A), json.dumps(B)
    rows, findings = read(file(tmp_path, "a.json", f"[{a},\n{b}\n"))
    assert len(rows) == 2 and findings == [("cut_off", 3, 0)]
    rows, findings = read(file(tmp_path, "b.json", f"[{a}\n{b}]"))
    assert len(rows) == 2 and findings == [("missing_comma", 1, 0)]


def test_records_of_csv_that_do_not_fit_the_header_are_found(tmp_path: Path) -> None:
    text = b'instruction,output\na,b,c\na\na,"b" c\na,\xff\na,b\n'
    rows, findings = read(file(tmp_path, "a.csv", text))
    assert [line for line, _ in rows] == [6]
    assert findings == [
        ("field_count", 2, 1),
        ("field_count", 3, 1),
        ("bad_quote", 4, 1),
        ("not_utf8", 5, 1),
    ]


def test_every_line_a_quote_without_end_swallows_counts_as_lost(tmp_path: Path) -> None:
    text = 'instruction,output\na,b\na,"b\na,b\na,b\n'
    rows, findings = read(file(tmp_path, "a.csv", text))
    assert len(rows) == 1
    assert findings == [("open_quote", 3, 3)]


def test_parquet_rows_are_read_by_number(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([A, B]), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == ([(1, A), (2, B)], [])


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.jsonl", b"", "data.empty_file"),
        ("a.json", b"7", "data.no_rows_in_json"),
        ("a.json", b'{"a": 1, "b": {"c": []}}', "data.no_rows_in_json"),
        ("a.json", b'{"a": ', "data.broken_json"),
        ("a.json", b'[{"a": "\xb0\xa1"}]', "data.other_encoding"),
        ("a.json", b'[{"a": "\xff\xfe"}]', "data.not_utf8"),
        ("a.csv", b"\n\n", "data.no_header"),
        ("a.csv", "你,好\n".encode("gb18030"), "data.other_encoding"),
        ("a.parquet", b"PAR1 not", "data.broken_parquet"),
        ("a.docx", b"hello", "data.not_a_data_file"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_a_named_error(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(DanluError) as caught:
        read(file(tmp_path, name, content))
    assert caught.value.code == code
    assert name in str(caught.value)


def test_a_missing_file_names_the_one_beside_it(tmp_path: Path) -> None:
    file(tmp_path, "rows.jsonl", json.dumps(A))
    with pytest.raises(DanluError) as caught:
        read(tmp_path / "row.jsonl")
    assert caught.value.code == "data.no_such_file_near"
    assert "rows.jsonl" in caught.value.fix_text(caught.value.fixes[0])


def test_a_folder_is_all_its_data_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    file(tmp_path / "sub", "z.jsonl", json.dumps(B))
    file(tmp_path, "a.jsonl", json.dumps(A))
    file(tmp_path, ".hidden.jsonl", "broken")
    file(tmp_path, "dataset_info.json", "{}")
    file(tmp_path, "notes.md", "hello")
    assert [row for _, row in read(tmp_path)[0]] == [A, B]


def test_a_folder_without_data_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(DanluError) as caught:
        read(tmp_path)
    assert caught.value.code == "data.no_files"


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    from engine.job import Cancelled

    path = file(tmp_path, "a.jsonl", f"{json.dumps(A)}\n" * 1000)
    job = Job()
    rows = read_file(path, job)
    next(rows)
    job.cancel()
    with pytest.raises(Cancelled):
        list(rows)


def test_names_of_columns_are_found_below_the_title_of_a_spreadsheet(tmp_path: Path) -> None:
    text = "导出,,,备注\n问题,,回答,\n怎么退？,x,七天内。,好\n,,,\n运费？,,满99包邮。,,,\n"
    rows, findings = read(file(tmp_path, "a.csv", text))
    assert rows == [
        (3, {"问题": "怎么退？", "B": "x", "回答": "七天内。", "备注": "好"}),
        (5, {"问题": "运费？", "B": "", "回答": "满99包邮。", "备注": ""}),
    ]
    assert findings == [("title_rows", 1, 0)]


def test_columns_of_one_name_are_told_apart_by_their_letters(tmp_path: Path) -> None:
    rows, findings = read(file(tmp_path, "a.csv", "q,a,a,,a\n1,2,3,4,5\n"))
    assert rows == [(2, {"q": "1", "a": "2", "a (C)": "3", "D": "4", "a (E)": "5"})]
    assert findings == [] and letter(27) == "AB"
