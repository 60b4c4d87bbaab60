"""``danlu demo --headless``: the first fine-tune teaches what it says, in the time it says."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

from engine.home import models_root
from engine.models import embedded
from tests.command import DANLU
from tests.real_model import embedded_model

pytestmark = pytest.mark.slow

_MINUTES = 6  # on two cores of one's own; here their time is counted, for others may use them too
_CORES = 2


def test_the_demo_learns_nine_answers_of_ten_word_for_word(danlu_home: Path) -> None:
    models_root().mkdir(parents=True)
    (models_root() / embedded.NAME).symlink_to(embedded_model())
    before = _seconds_of_children()
    done = subprocess.run(
        [*DANLU, "demo", "--headless", "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(_CORES)},
        timeout=1800,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    verified = document["verify"]
    assert document["status"] == "finished" and verified["questions"] == 40
    assert verified["exact"] >= 0.9 * verified["questions"]
    assert any(row["base"] != row["tuned"] for row in verified["rows"])
    assert (Path(document["checkpoint"]) / "adapter_model.safetensors").is_file()
    spent = _seconds_of_children() - before
    print(f"{verified['exact']} of 40 exact, {spent:.0f} s of processor time")
    assert spent <= _MINUTES * 60 * _CORES


def _seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
