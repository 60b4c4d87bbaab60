"""Files as they come from students and engineers, each with one accident: explained in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import words
from engine.data.check import check
from engine.data.repair import repair
from engine.job import Job
from engine.spec.sections import Source

BAD = Path(__file__).parent / "bad"
# File, line (0: the file as a whole), finding, and words of the reason in both languages.
ACCIDENTS = [
    ("01_wechat_quotes.jsonl", 2, "json_wide_quotes", "Curly quotes", "中文引号"),
    ("02_excel_gbk.csv", 2, "other_encoding", "is GBK, not UTF-8", "是 GBK 编码"),
    (
        "03_trailing_comma.jsonl", 2, "json_trailing_comma",
        "no comma before a closing bracket", "不能有逗号",
    ),
    (
        "04_roles_swapped.jsonl", 2, "begins_with_answer",
        "perhaps the roles are swapped", "角色写反了",
    ),
    ("05_notepad_bom.jsonl", 1, "bom", "byte order mark", "BOM"),
    ("06_half_downloaded.jsonl", 3, "cut_off", "ends in the middle", "在中途断了"),
    (
        "07_python_print.jsonl", 2, "json_single_quotes",
        "how Python prints a dict", "Python 打印字典",
    ),
    (
        "08_python_none.jsonl", 2, "json_python_words",
        "wants true, false or null", "要写 true、false、null",
    ),
    ("09_powershell_utf16.jsonl", 1, "wide_text", "is UTF-16 text, not UTF-8", "是 UTF-16 编码"),
    ("10_renamed_excel.csv", 0, "other_kind", "its content is Excel", "其实是 Excel"),
    ("11_login_page.json", 0, "web_page", "is a web page, not data", "是一个网页"),
    ("12_lfs_pointer.jsonl", 0, "lfs_pointer", "only a pointer of Git LFS", "只是 Git LFS 的指针"),
    ("13_empty.jsonl", 0, "empty_file", "is empty", "是空的"),
    ("14_zeros.jsonl", 0, "only_zeros", "nothing but zeros", "全是零"),
    (
        "15_raw_line_end.json", 3, "json_line_end",
        "A line end or tab stands within a text", "直接换了行",
    ),
    (
        "16_number_answer.jsonl", 2, "wrong_type",
        "“output” is a number; it must be text", "“output”是数字，应该是文本",
    ),
    (
        "17_placeholder.jsonl", 2, "unfilled_placeholder",
        "{{NAME}} has no words", "{{NAME}} 没有填",
    ),
    (
        "18_two_questions.jsonl", 1, "repeated_role",
        "Two turns of “user” follow each other", "连着两轮都是“user”",
    ),
    ("19_system_late.jsonl", 2, "system_not_first", "at the start only", "只接受放在最前面的"),
    (
        "20_missing_output.jsonl", 2, "mixed_shapes",
        "format query_response, the file began", "是 query_response 格式，文件开头是",
    ),
    ("21_empty_answer.csv", 3, "empty_answer", "The answer is empty", "回答是空的"),
    (
        "22_csv_comma.csv", 2, "field_count",
        "4 fields where the header has 2", "有 4 个字段，表头有 2 个",
    ),
    ("23_csv_open_quote.csv", 3, "open_quote", "never closed", "一直没有闭合"),
    ("24_template_marks.jsonl", 2, "foreign_token", "a mark of a chat template", "对话模板的标记"),
    ("25_api_key.jsonl", 2, "secret_key", "looks like a key of OpenAI", "像是 OpenAI 的密钥"),
    ("26_phone_id.jsonl", 2, "id_number", "identity number of China", "身份证号"),
    ("27_duplicates.json", 1, "duplicate_row", "the same as row 1", "和第 1 条数据一模一样"),
    ("28_comment.jsonl", 1, "json_comment", "JSON knows none", "JSON 不能写注释"),
    ("29_mojibake.jsonl", 2, "garbled", "read in a wrong encoding", "错误的编码"),
    ("30_invisible.jsonl", 2, "control_character", "cannot be seen", "看不见"),
    (
        "31_tool_call.jsonl", 1, "bad_tool_call",
        "not a JSON object with name", "不是带 name 和 arguments",
    ),
    ("32_unknown_role.jsonl", 1, "unknown_role", "is not a role", "不是合法的角色"),
    ("33_backslash.jsonl", 2, "json_backslash", "A single backslash", "单个反斜杠"),
    ("34_two_rows.jsonl", 1, "json_two_rows", "A second row begins", "是第二条数据"),
    ("35_unknown_columns.jsonl", 1, "unknown_columns", "is not known", "认不出"),
    ("36_mixed_formats.jsonl", 2, "mixed_shapes", "format sharegpt", "是 sharegpt 格式"),
]  # fmt: skip
MENDED = {  # accidents that repairing puts right: the rows of the new file
    "01_wechat_quotes.jsonl": 3,
    "02_excel_gbk.csv": 2,
    "03_trailing_comma.jsonl": 3,
    "05_notepad_bom.jsonl": 2,
    "07_python_print.jsonl": 2,
    "08_python_none.jsonl": 2,
    "09_powershell_utf16.jsonl": 2,
    "16_number_answer.jsonl": 2,
    "17_placeholder.jsonl": 2,
    "18_two_questions.jsonl": 2,
    "19_system_late.jsonl": 2,
    "27_duplicates.json": 2,
    "29_mojibake.jsonl": 2,
    "30_invisible.jsonl": 2,
    "31_tool_call.jsonl": 2,
    "34_two_rows.jsonl": 3,
}


def test_every_file_has_its_line_here() -> None:
    assert sorted(path.name for path in BAD.iterdir()) == [name for name, *_ in ACCIDENTS]
    assert len(ACCIDENTS) >= 30


@pytest.mark.parametrize(("name", "line", "code", "in_english", "in_chinese"), ACCIDENTS)
def test_an_accident_is_explained_in_one_line(
    name: str, line: int, code: str, in_english: str, in_chinese: str
) -> None:
    (source,) = check([Source(str(BAD / name))]).sources
    group = next(group for group in source.groups() if group["code"] == code)
    assert (Path(group["file"]).name, group["line"]) == (name, line)
    assert in_english in group["message"] and group["fix"]
    assert "\n" not in group["message"]
    words.use_language("zh")
    group = next(group for group in source.groups() if group["code"] == code)
    assert in_chinese in group["message"] and group["fix"]


@pytest.mark.parametrize(("name", "rows"), MENDED.items())
def test_what_is_repaired_checks_clean(name: str, rows: int, tmp_path: Path) -> None:
    original = (BAD / name).read_bytes()
    out = tmp_path / f"mended{(BAD / name).suffix}"
    made = repair(
        Source(str(BAD / name)), out, fill={"NAME": "Ember", "AUTHOR": "danlu"}, job=Job()
    )
    assert made.needed and made.written == rows
    report = check([Source(str(out))])
    assert report.kept == rows and report.findings == []
    assert (BAD / name).read_bytes() == original
    assert sorted(tmp_path.glob(".*.part")) == []


def test_no_secret_is_shown_whole(tmp_path: Path) -> None:
    for name in ("25_api_key.jsonl", "26_phone_id.jsonl"):
        shown = str(check([Source(str(BAD / name))]).document())
        for secret in ("sk-Zx81kQpL0vN3tYb7HsWmRc4D", "lihua@", "13812345678", "11010519491231"):
            assert secret not in shown
