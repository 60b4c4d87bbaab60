"""What is set aside is out of the way at once, can be brought back, and is lost to no crash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import DanluError
from engine.home import runs_root
from engine.runs import trash
from engine.runs.journal import read_journal
from engine.runs.lock import RunLock
from engine.runs.scan import scan
from engine.runs.store import Run, list_runs
from engine.runs.trash import (
    bring_back,
    left_behind,
    remove,
    set_aside,
    set_aside_folder,
    set_aside_run,
    sweep,
)
from tests.tui.sample_runs import make_run


def _names(run: Run) -> list[str]:
    return sorted(folder.name for folder in run.checkpoint_folders())


def test_a_checkpoint_set_aside_is_gone_and_the_journal_says_so() -> None:
    run = make_run("identity", best=160)
    (run.path / "checkpoint-80" / "weights").write_bytes(b"x" * 1000)
    before = scan(runs_root())[0].changed
    batch = set_aside(run, ["checkpoint-80"])
    assert _names(run) == ["checkpoint-160"] and batch.bytes >= 1000
    assert [c.path for c in run.summary().checkpoints] == ["checkpoint-160"]
    event = read_journal(run.path)[-1]
    assert (event["step"], event["path"], event["deleted"]) == (80, "checkpoint-80", True)
    assert scan(runs_root())[0].changed == before, "tidying up is no news of the run"
    remove(batch)
    assert not (run.path / trash.TRASH_NAME).exists()
    assert [name for name in os.listdir(runs_root()) if name.startswith(".")] == []


def test_what_was_set_aside_is_brought_back_as_it_was() -> None:
    run = make_run("identity", best=80)
    before = {c.path: vars(c) for c in run.summary().checkpoints}
    bring_back(set_aside(run, ["checkpoint-80", "checkpoint-160"]))
    assert {c.path: vars(c) for c in run.summary().checkpoints} == before
    assert _names(run) == ["checkpoint-160", "checkpoint-80"]
    assert not (run.path / trash.TRASH_NAME).exists()


def test_a_whole_run_is_set_aside_and_brought_back() -> None:
    run = make_run("identity")
    batch = set_aside_run(run)
    assert list_runs() == [] and not run.path.exists()
    bring_back(batch)
    assert [each.name for each in list_runs()] == ["identity"]
    remove(set_aside_run(run))
    assert os.listdir(runs_root()) == []


def test_a_run_in_progress_loses_nothing() -> None:
    run = make_run("busy", "training")
    lock = RunLock(run.path)
    for attempt in (lambda: set_aside_run(run), lambda: set_aside(run, ["checkpoint-80"])):
        with pytest.raises(DanluError) as caught:
            attempt()
        assert caught.value.code == "run.already_running"
    lock.release()
    assert _names(run) == ["checkpoint-160", "checkpoint-80"]


def test_a_checkpoint_saved_anew_is_not_overwritten_by_the_old_one() -> None:
    run = make_run("identity")
    batch = set_aside(run, ["checkpoint-80"])
    (run.path / "checkpoint-80").mkdir()
    with pytest.raises(DanluError) as caught:
        bring_back(batch)
    assert caught.value.code == "run.name_taken"
    assert (batch.folder / "checkpoint-80" / "adapter_config.json").is_file()


def test_what_a_crash_left_set_aside_is_found_and_brought_back() -> None:
    run = make_run("identity")
    mine = set_aside(make_run("mine"), ["checkpoint-80"])
    program = (
        "import os; from pathlib import Path; from engine.runs.store import Run;"
        "from engine.runs.trash import set_aside;"
        f"set_aside(Run(Path({str(run.path)!r})), ['checkpoint-80']); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    found = left_behind()
    assert [(batch.run, batch.names) for batch in found] == [("identity", ("checkpoint-80",))]
    assert left_behind() == [], "it is held now"
    bring_back(found[0])
    assert _names(run) == ["checkpoint-160", "checkpoint-80"]
    bring_back(mine)


def test_a_deletion_that_was_cut_off_is_ended_by_the_next_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = set_aside_run(make_run("big"))
    with monkeypatch.context() as patched:
        patched.setattr(trash.shutil, "rmtree", lambda *_, **__: None)
        remove(batch)
    assert list_runs() == [] and len(os.listdir(runs_root())) == 1
    sweep()
    assert os.listdir(runs_root()) == []


@pytest.mark.parametrize("another_disk", [False, True])
def test_a_folder_elsewhere_comes_back_from_the_same_trash_and_from_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, another_disk: bool
) -> None:
    monkeypatch.setattr(trash, "_another_disk", lambda one, other: another_disk)
    folder = tmp_path / "out" / "merged"
    folder.mkdir(parents=True)
    (folder / "model").write_bytes(b"x" * 1000)
    batch = set_aside_folder(folder, "identity")
    assert not folder.exists() and batch.bytes == 1000
    bring_back(batch)
    assert (folder / "model").is_file() and os.listdir(folder.parent) == ["merged"]
    os.close(trash._held.pop(set_aside_folder(folder, "identity").folder))  # as a crash leaves it
    (left,) = left_behind()
    assert (left.run, left.names, left.bytes) == ("identity", ("merged",), 1000)
    remove(left)
    assert os.listdir(folder.parent) == [] and left_behind() == []
    assert [name for name in os.listdir(runs_root()) if name != trash.TRASH_NAME] == []
