"""The words of a file that a finding speaks of."""

from __future__ import annotations

from pathlib import Path

from engine.data.excerpt import excerpt
from engine.job import Job


def test_of_json_written_over_many_lines_a_row_is_quoted_and_not_its_first_bracket(
    tmp_path: Path,
) -> None:
    file = tmp_path / "rows.json"
    file.write_text('[\n  {\n    "question": "a?",\n    "answer": ""\n  }\n]\n', encoding="utf-8")
    quoted = excerpt(str(file), 2, 1, Job()).splitlines()
    assert [line.strip() for line in quoted[:3]] == ["{", '"question": "a?",', '"answer": ""']


def test_of_lines_of_json_one_is_quoted(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"a": 1}\n{"a": 2}\n', encoding="utf-8")
    assert excerpt(str(file), 1, 1, Job()) == '{"a": 1}'
