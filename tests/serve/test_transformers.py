"""``transformers serve`` behind danlu's front: nothing but the front can be reached, one end takes
the other along, and where it cannot do it danlu's own server does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from engine.chat.sampling import Sampling
from engine.chat.talker import Talker
from engine.chat.target import ChatTarget
from engine.runs.journal import Event, read_journal
from engine.spec.sections import Model
from tests.serve.conftest import KEY, Server, serve
from tests.source import ROOT

pytestmark = pytest.mark.slow
ASKED: Any = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module")
def temporary() -> Iterator[Path]:
    """Where temporary folders go: empty again at the end, whoever was killed."""
    folder = Path("/tmp") / f"danlu-test-{os.getpid()}"  # a socket's path is short
    folder.mkdir()
    yield folder
    until(lambda: not list(folder.iterdir()))
    folder.rmdir()


@pytest.fixture(scope="module")
def served(
    adapter: Path, temporary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, psutil.Process]]:
    """An adapter on a base in half precision served with a key, and the process behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        patch.setenv("DANLU_HOME", str(tmp_path_factory.mktemp("served-home")))
        made = serve([], [f"first={adapter}"], KEY, backend="transformers", dtype="bfloat16")
    [behind] = psutil.Process(made.serving.owner()).children()
    yield made, behind
    if made.serving.alive():
        made.serving.end()


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def last(server: Server, kind: str) -> Event:
    return [event for event in read_journal(server.serving.path) if event["kind"] == kind][-1]


def test_in_half_precision_an_adapter_answers_as_it_was_verified(
    served: tuple[Server, psutil.Process], talkative: Path, adapter: Path
) -> None:
    model = Model(source=str(talkative), dtype="bfloat16")
    talker = Talker.load(ChatTarget(model, "first", adapter=adapter))
    for question in ("hi", "你是谁？", "What is your name?", "Two plus two?"):
        asked: Any = [{"role": "user", "content": question}]
        expected = "".join(talker.stream(asked, Sampling(max_new_tokens=16)))
        found = (
            served[0]
            .client()
            .chat.completions.create(model="first", messages=asked, temperature=0, max_tokens=16)
        )
        assert found.choices[0].message.content == expected


def test_what_is_behind_is_open_to_nobody_else_and_missed_when_it_is_killed(
    served: tuple[Server, psutil.Process], temporary: Path
) -> None:
    server, behind = served
    assert behind.net_connections("inet") == []
    [folder] = temporary.glob("danlu-*")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert KEY not in " ".join(behind.cmdline()) and KEY not in str(behind.environ())
    with pytest.raises(openai.AuthenticationError):
        server.client("another-key").models.list()
    with pytest.raises(openai.NotFoundError):  # though it would load the folder, were it asked
        server.client().chat.completions.create(model=str(folder / "0-first"), messages=ASKED)
    stream = server.client().chat.completions.create(
        model="first", messages=ASKED, stream=True, temperature=5, seed=1
    )
    next(iter(stream))
    os.kill(behind.pid, signal.SIGKILL)
    until(lambda: not server.serving.alive())
    assert server.serving.traffic().state == "failed"
    assert last(server, "error")["code"] == "serve.transformers_ended"
    assert not folder.exists()


def test_it_ends_with_the_process_before_it_however_that_ends(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    begin = "from engine.serve.transformers_serve import TransformersServe as S; S([]); input()"
    before = subprocess.Popen([sys.executable, "-c", begin], cwd=ROOT, stdin=subprocess.PIPE)
    until(lambda: bool(psutil.Process(before.pid).children()))
    [behind] = psutil.Process(before.pid).children()
    [folder] = temporary.glob("danlu-*")
    before.kill()
    before.wait()
    until(lambda: not behind.is_running() or behind.status() == psutil.STATUS_ZOMBIE)
    assert not folder.exists()


def test_where_it_cannot_start_danlus_own_server_answers(
    talkative: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "libraries" / "fastapi"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('of another time')")
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    server = serve([], [f"first={adapter}"], backend="transformers", asked=False)
    try:
        plan = server.serving.plan()
        assert plan and plan.backend == "danlu" and [each.code for each in plan.why] == ["gone"]
        notes = [e for e in read_journal(server.serving.path) if e["kind"] == "note"]
        assert "serve.fell_back" in [note["code"] for note in notes]
        found = server.client().chat.completions.create(model="first", messages=ASKED, max_tokens=4)
        assert found.choices[0].message.content
    finally:
        server.serving.end()
