"""What the command line says of itself is in the person's language too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tui.main import main


@pytest.mark.parametrize("command", [[], ["check"]])
def test_help_is_in_chinese_throughout(command: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main([*command, "--lang", "zh", "--help"])
    said = capsys.readouterr().out
    assert said.startswith("用法：danlu") and "选项:" in said and "显示这份帮助" in said
    assert "usage" not in said and "show this help" not in said and "options:" not in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["evaluate", "--sample"], "后面要跟一个值"),
        (["export", "x", "--to", "y", "--format", "zip"], "不在可选范围内"),
        (["export", "x"], "还缺：--to"),
        (["doctor", "--nothing"], "看不懂：--nothing"),
        (["jobs", "--follow", "a", "--cancel", "b"], "不能和"),
    ],
)
def test_wrong_usage_is_told_in_chinese(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--lang", "zh", *given])
    told = capsys.readouterr().err
    assert ended.value.code == 2 and said in told
    assert "error" not in told and "argument" not in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model: {source: a", "没有闭合|右括号"),
        ("a: b: c", "冒号"),
        ("model:\n\tsource: a", "制表符"),
        ('model: "a', "没有闭合"),
    ],
)
def test_what_is_wrong_with_yaml_is_told_in_chinese(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    assert main(["--lang", "zh", "train", str(path)]) == 1
    told = capsys.readouterr().err
    assert re.search(said, told) and "expected" not in told and "found" not in told
