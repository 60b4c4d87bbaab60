"""A run outlives its terminal: dropped lines, closed panes, killed processes, coming back."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from engine.runs.lock import LOCK_NAME
from engine.runs.store import Run
from engine.spec.yaml_form import write_spec
from tests.command import danlu, started
from tests.terminal.terminal import Terminal
from tests.train.runs import tiny_spec, write_rows


@pytest.fixture
def spec(tiny_model: Path, tmp_path: Path) -> Path:
    """A run of thousands of steps, named ``long``: it ends only when told to."""
    made = tiny_spec(
        tiny_model,
        write_rows(tmp_path / "rows.jsonl"),
        run__name="long",
        train__num_train_epochs=10_000,
        train__save_steps=20,
        train__save_total_limit=2,
    )
    write_spec(made, tmp_path / "long.yaml")
    return tmp_path / "long.yaml"


@pytest.fixture
def run(danlu_home: Path):
    """The run the tests start; whatever still trains it afterwards is ended."""
    found = Run(danlu_home / "runs" / "long")
    yield found
    if found.path.exists() and found.owner_alive():
        os.kill(owner(found), signal.SIGKILL)


def owner(run: Run) -> int:
    return int((run.path / LOCK_NAME).read_text())


def wait_for_step(run: Run, step: int, seconds: float = 90) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if run.path.exists() and run.summary().step >= step:
            return run.summary().step
        time.sleep(0.2)
    raise AssertionError(f"no step {step} within {seconds} s")


def wait_for_status(run: Run, status: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while run.summary().status != status or run.owner_alive():
        assert time.monotonic() < deadline, run.summary()
        time.sleep(0.1)


def test_a_dropped_line_leaves_the_run_going_and_attach_shows_it_and_stops_it(
    spec: Path, run: Run, danlu_home: Path
) -> None:
    first = Terminal(["train", str(spec)], danlu_home)
    reached = wait_for_step(run, 3)
    first.wait_for("training")
    first.hang_up()
    assert wait_for_step(run, reached + 20) and run.owner_alive()

    second = Terminal(["attach", "long"], danlu_home)
    second.wait_for("training")
    second.press("x", "y")
    wait_for_status(run, "stopped")
    second.wait_for("stopped")
    assert run.last_checkpoint() is not None


@pytest.mark.slow
def test_detaching_gives_the_shell_back_and_the_run_goes_on(
    spec: Path, run: Run, danlu_home: Path
) -> None:
    terminal = Terminal(["train", str(spec)], danlu_home)
    reached = wait_for_step(run, 3)
    terminal.wait_for("training")
    terminal.press("d")
    terminal.wait_for("danlu attach")
    assert terminal.wait_for_end(20) == 0
    wait_for_step(run, reached + 20)
    assert danlu("stop", "long").returncode == 0
    wait_for_status(run, "stopped")


@pytest.mark.slow
def test_a_headless_run_survives_its_terminal(spec: Path, run: Run, danlu_home: Path) -> None:
    terminal = Terminal(["train", str(spec), "--headless"], danlu_home)
    reached = wait_for_step(run, 3)
    terminal.hang_up()
    wait_for_step(run, reached + 50)
    assert run.owner_alive()


@pytest.mark.slow
def test_a_killed_run_reads_as_interrupted_and_resumes(
    spec: Path, run: Run, danlu_home: Path
) -> None:
    process = started("train", str(spec), "--headless")
    wait_for_step(run, 25)
    process.kill()
    process.wait()
    assert run.summary().status == "interrupted"
    last = run.last_checkpoint()
    assert last is not None
    resumed = started("resume", "long", "--headless", stdout=subprocess.PIPE)
    wait_for_step(run, 60)
    resumed.send_signal(signal.SIGTERM)
    output, _ = resumed.communicate(timeout=60)
    assert f"Continuing from step {last.name.split('-')[1]}" in output
    assert run.summary().status == "stopped"


@pytest.mark.slow
def test_ctrl_c_saves_and_stops_a_headless_run(spec: Path, run: Run, danlu_home: Path) -> None:
    process = started("train", str(spec), "--headless", stdout=subprocess.PIPE)
    wait_for_step(run, 2)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "danlu resume long" in output
    assert run.summary().status == "stopped" and run.last_checkpoint() is not None


@pytest.mark.slow
def test_leaving_what_another_process_trains_says_how_to_come_back(
    spec: Path, run: Run, danlu_home: Path
) -> None:
    training = started("train", str(spec), "--headless")
    wait_for_step(run, 1)
    for arguments in (["attach", "long"], ["attach", "long", "--headless"]):
        terminal = Terminal(arguments, danlu_home)
        terminal.wait_for("step", "training")
        terminal.press("\x03")
        terminal.wait_for("danlu attach long")
        terminal.wait_for_end(20)
    assert run.owner_alive()
    training.kill()
    training.wait()
