"""The command line as a whole: where it keeps things, what it says when it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui.main import main

ROOT = Path(__file__).parents[2]


def test_a_home_that_is_a_file_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for place in (file, file / "below"):
        assert main(["runs", "--json", "--home", str(place)]) == 1
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "app.no_home"


def test_a_home_that_is_not_there_yet_is_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--json", "--home", str(tmp_path / "new")]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_an_unknown_verb_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["trian"])
    assert ended.value.code == 2
    assert "trian" in capsys.readouterr().err


def test_who_stops_reading_gets_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "tui.main", "checkpoints", "nothing", "--json"]
    try:
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
