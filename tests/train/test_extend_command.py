"""``danlu extend`` and ``danlu train --from`` say what they will do before they do it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runs.store import Run, list_runs
from engine.train.session import TrainingSession
from tests.train.runs import tiny_run, train
from tui.main import main

Out = pytest.CaptureFixture[str]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Training by command takes ctrl+c and hang-ups for itself; give them back."""
    taken = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in taken]
    yield
    for number, handler in zip(taken, before, strict=True):
        signal.signal(number, handler)


def test_extend_by_command_plans_trains_and_refuses(
    tiny_model: Path, tmp_path: Path, capsys: Out
) -> None:
    run = tiny_run(tiny_model, tmp_path, train__num_train_epochs=1)
    train(run)
    asked = ["extend", run.name, "--epochs", "1"]
    assert main(["--lang", "zh", *asked, "--only-plan"]) == 0
    assert "3 → 6 步" in capsys.readouterr().out and run.summary().steps == 3
    assert main([*asked, "--learning-rate", "1e-3", "--only-plan", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)["extension"]
    assert (planned["steps"], planned["rate"]) == (6, pytest.approx(1e-3))
    assert main([*asked, "--schedule", "decay", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "extend.rate_run_out"
    assert main([*asked, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], document["step"], document["steps"]) == ("finished", 6, 6)
    with pytest.raises(SystemExit):
        main(["extend", run.name, "--epochs", "-1"])


def test_a_run_that_trains_is_asked_by_command(
    tiny_model: Path, tmp_path: Path, capsys: Out
) -> None:
    run = tiny_run(tiny_model, tmp_path, train__num_train_epochs=200, train__save_steps=1000)
    session = TrainingSession(run)
    session.start()
    assert main(["extend", run.name, "--epochs", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["asked"] is True
    deadline = time.monotonic() + 60
    while run.summary().steps != 603 and time.monotonic() < deadline:
        time.sleep(0.02)
    session.stop()
    assert session.join(120)
    assert run.summary().steps == 603


def test_train_from_weights_by_command(tiny_model: Path, tmp_path: Path, capsys: Out) -> None:
    parent = tiny_run(tiny_model, tmp_path, train__max_steps=2)
    train(parent)
    begin = ["--lang", "en", "train", "--from", parent.name, "--headless"]
    assert main([*begin, "--name", "child", "--set", "train.max_steps=1"]) == 0
    assert "with a fresh optimizer, from step 0" in capsys.readouterr().out
    child = next(run for run in list_runs() if run.name == "child")
    assert _lineage(child)["run"] == parent.name
    assert main(["train", "--from", str(tiny_model), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "spec.no_data_for_weights"


def _lineage(run: Run) -> dict[str, object]:
    return json.loads((run.path / "card.json").read_text())["lineage"]
