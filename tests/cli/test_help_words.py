"""What the command line says of itself is in the person's language too."""

from __future__ import annotations

import pytest

from tui.main import main


@pytest.mark.parametrize("command", [[], ["check"]])
def test_help_is_in_chinese_throughout(command: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main([*command, "--lang", "zh", "--help"])
    said = capsys.readouterr().out
    assert said.startswith("用法：danlu") and "选项:" in said and "显示这份帮助" in said
    assert "usage" not in said and "show this help" not in said and "options:" not in said
