"""Keys answer at once, even while a real model trains on every core of the machine."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import words
from engine.errors import DanluError
from engine.recipes import load_recipe
from engine.runs.lock import LOCK_NAME
from engine.runs.store import find_run
from engine.spec.yaml_form import write_spec
from tests.real_model import embedded_model
from tests.terminal.terminal import Terminal
from tests.tiny_models import make_smollm2_shape
from tui.live_panes import PANES
from tui.symbols import sign

pytestmark = pytest.mark.slow

_KEYS = 60
_ROUNDS = 3  # the best counts: other work on this machine is not danlu's
_P95_SECONDS = 0.150


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded model, fetched once per machine; without a network a random one as large."""
    try:
        return embedded_model()
    except DanluError:
        return make_smollm2_shape(tmp_path_factory.mktemp("as-large-as-smollm2"))


@pytest.fixture
def training(model: Path, danlu_home: Path, tmp_path: Path) -> Iterator[Terminal]:
    """The live screen of a training by the identity recipe that uses every core."""
    spec = load_recipe("identity").with_values(
        {"model.source": str(model), "run.name": "long", "train.num_train_epochs": 1000}
    )
    write_spec(spec, tmp_path / "long.yaml")
    cores = str(os.cpu_count() or 1)
    terminal = Terminal(["train", str(tmp_path / "long.yaml")], danlu_home, OMP_NUM_THREADS=cores)
    yield terminal
    run = find_run("long")
    if run.owner_alive():
        os.kill(int((run.path / LOCK_NAME).read_text()), signal.SIGKILL)
    terminal.wait_for_end(60)


def test_keys_answer_within_150_ms_while_every_core_trains(training: Terminal) -> None:
    training.wait_for(words.t("status.training"), seconds=240)
    _wait_for_step(2)
    p95s = []
    for _ in range(_ROUNDS):
        before = _step()
        times = sorted(_press_all(training))
        p95s.append(times[int(len(times) * 0.95)])
        print(
            f"median {times[len(times) // 2] * 1000:.0f} ms, p95 {p95s[-1] * 1000:.0f} ms,"
            f" worst {times[-1] * 1000:.0f} ms, over {_step() - before} steps"
        )
        assert _step() > before, "nothing was trained meanwhile"
        if p95s[-1] <= _P95_SECONDS:
            return
    raise AssertionError(f"95 of 100 keys took up to {p95s} s")


def _press_all(terminal: Terminal) -> list[float]:
    """Seconds each key took, one after the other: through the panes, into help and out of it."""
    tried: list[tuple[str, Callable[[str], bool]]] = []
    help_title = words.t("help.screen")
    for number in range(2, len(PANES) + 1):
        tried.append((str(number), _focus_on(number)))
    tried.append(("1", _focus_on(1)))
    tried.append(("?", lambda shown: help_title in shown))
    tried.append(("?", lambda shown: help_title not in shown))
    return [_answer_time(terminal, *tried[n % len(tried)]) for n in range(_KEYS)]


def _focus_on(number: int) -> Callable[[str], bool]:
    return lambda shown: f"{sign('next')} {number} " in shown


def _answer_time(terminal: Terminal, key: str, answered: Callable[[str], bool]) -> float:
    """Seconds from the key to the moment at which the terminal has received what it changes."""
    terminal.rest(0.2)
    assert not answered(terminal.shown())
    began = arrived = time.monotonic()
    terminal.type(key)
    while not answered(terminal.shown()):
        arrived = terminal.receive(5.0)
        assert time.monotonic() - began < 5, f"no answer to {key}:\n{terminal.shown()}"
    return arrived - began


def _step() -> int:
    return find_run("long").summary().step


def _wait_for_step(step: int, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while _step() < step:
        assert time.monotonic() < deadline
        time.sleep(0.2)
