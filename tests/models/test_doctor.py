"""The doctor: everything missing says what is switched off, and nothing heavy is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine import doctor, words
from engine.doctor import Check, examine
from engine.hardware import Gpu, Machine
from engine.job import Cancelled, Job


def found(report: doctor.Report, name: str) -> Check:
    return next(check for check in report.checks if check.name == name)


def test_it_says_what_is_here_and_what_follows_from_what_is_not() -> None:
    told: list[Check] = []
    report = examine(Job(), told.append)
    assert report.ok and told == list(report.checks)
    torch = found(report, "torch")
    assert torch.state == "ok" and torch.found.startswith(str(torch.values["version"]))
    for language in words.LANGUAGES:
        words.use_language(language)
        for check in report.checks:
            assert check.title and check.found
            assert bool(check.consequence) == (check.state != "ok")
    assert found(report, "hub").state == "missing"  # these tests have no network
    document = report.document()
    assert document["ok"] and document["checks"][0]["name"] == "python"


def test_a_card_torch_cannot_use_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Gpu(0, "Tesla T4", 16 * 2**30, 2 * 2**30, (7, 5), "550.1")
    here = Machine(2, 8 * 2**30, 2 * 2**30, (old,))
    assert doctor._torch({"version": "2.13.0+cpu", "usable": False}, here).note == "no_cuda"
    assert doctor._torch({"error": "ImportError: libcudart"}, here).blocks
    assert doctor._bfloat16(here).note == "old_card"
    assert [card.note for card in doctor._cards(here)] == ["crowded"]
    assert doctor._ram(here).note == "little"
    assert doctor._bitsandbytes({"error": "x"}).state == "missing"


def test_a_home_that_cannot_be_written_stops_everything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    assert doctor._home().blocks and doctor._home().note == "read_only"


def test_offline_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert {check.note for check in doctor._hubs()} == {"offline"}


def test_cancelling_ends_the_child_process() -> None:
    job = Job()

    def cancel(check: Check) -> None:
        job.cancel()

    with pytest.raises(Cancelled):
        examine(job, cancel)
    import psutil

    commands = [" ".join(child.cmdline()) for child in psutil.Process().children()]
    assert not any("doctor_probe" in command for command in commands)


def test_torch_stays_unloaded() -> None:
    code = (
        "import sys; from engine.doctor import _light_checks; from engine.job import Job;"
        "list(_light_checks(Job())); print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True).stdout.strip() == "False"
