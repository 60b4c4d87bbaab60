"""Wrong words on the command line are named, with what was meant or what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.main import main


@pytest.mark.parametrize(
    "given", (["estimate", "identity", "--rows", "-3"], ["estimate", "identity", "--tokens", "0"])
)
def test_a_number_out_of_range_is_wrong_usage(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--lang", "en", *given])
    assert ended.value.code == 2
    assert "is not a number from 1" in capsys.readouterr().err


def test_an_unknown_option_is_told_with_what_its_verb_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--lang", "en", "verify", "identity", "--gaet"])
    told = capsys.readouterr().err
    assert ended.value.code == 2 and "danlu verify: not understood: --gaet" in told
    assert "--gate" in told


def test_a_misspelt_recipe_is_told_the_nearest(
    danlu_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", "train", "identiy"]) == 1
    assert "The nearest one is “identity”." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "why"), (("weights.yaml", "Its bytes are not UTF-8"), ("folder", "Is a directory"))
)
def test_a_spec_that_is_no_text_says_so(
    name: str, why: str, danlu_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weights.yaml").write_bytes(b"\x80\x81\xff")
    (tmp_path / "folder").mkdir()
    assert main(["--lang", "en", "train", str(tmp_path / name)]) == 1
    told = capsys.readouterr().err
    assert why in told and "codec" not in told and "Errno" not in told
