"""A token is in the store of the hub's own tool, readable by its owner, and nowhere else: not in a
spec, a journal, a log, an answer, an error, or a list of processes."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from engine.hub import child
from tests.command import DANLU
from tests.hub.conftest import write_safetensors
from tests.publish.conftest import TOKEN, Hubs
from tests.publish.conftest import hubs as hubs  # the fixture, with accounts
from tui.main import main

REPO = "owner/closed"


@pytest.mark.parametrize(
    "name", [pytest.param("modelscope", marks=pytest.mark.slow), "huggingface"]
)
def test_a_token_is_written_into_its_own_store_alone(
    hubs: Hubs,
    name: str,
    tmp_path: Path,
    danlu_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    commands: list[str] = []
    started = subprocess.Popen

    def noted(command: list[str], **how: object) -> subprocess.Popen[bytes]:
        commands.append(" ".join(command) + str(how.get("env")))
        return started(command, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(child.subprocess, "Popen", noted)
    hub = hubs.named(name)
    hub.members.add(TOKEN)
    published = tmp_path / "published"
    published.mkdir()
    (published / "config.json").write_text('{"model_type": "llama"}')
    write_safetensors(published / "model.safetensors", 300_000)
    hub.add(REPO, published, gated=True)
    assert main(["fetch", REPO, "--hub", name, "--json"]) == 3  # closed to whoever has no token
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    assert main(["login", name]) == 0
    main(["fetch", REPO, "--hub", name, "--json"])
    hub.break_("model.safetensors", status=401, times=99)
    main(["fetch", REPO, "--hub", name, "--json"])
    assert main(["search", "closed", "--hub", name]) == 0
    assert any(TOKEN in request.token for request in hub.requests)
    said = capfd.readouterr()
    assert TOKEN not in said.out + said.err and commands and TOKEN not in "".join(commands)
    store = tmp_path / ("ms-home" if name == "modelscope" else "hf")
    for path in tmp_path.rglob("*"):
        if path.is_file() and TOKEN.encode() in path.read_bytes():
            assert store in path.parents and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert any(danlu_home.rglob("journal.jsonl"))  # there was something to look through
    assert main(["login", name, "--forget"]) == 0
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in left)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["modelscope", "huggingface"])
def test_a_token_is_told_by_no_process_and_by_no_client_s_own_log(
    hubs: Hubs, name: str, tmp_path: Path, danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a download runs, in the list of processes; and in all that is printed and written when
    the clients are made to tell everything and the hub refuses."""
    hub = hubs.named(name)
    hub.members.add(TOKEN)
    published = tmp_path / "published"
    published.mkdir()
    (published / "config.json").write_text('{"model_type": "llama"}')
    write_safetensors(published / "model.safetensors", 2_000_000)
    hub.add(REPO, published, gated=True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    assert main(["login", name]) == 0
    loud = {"HF_DEBUG": "1", "HF_HUB_VERBOSITY": "debug", "MODELSCOPE_LOG_LEVEL": "10"}
    command = [*DANLU, "fetch", REPO, "--hub", name]
    hub.bytes_per_second = 1_500_000
    told = ""
    for status in (None, 401, 403):
        if status:
            hub.bytes_per_second = None
            hub.repos["owner/other"] = hub.repos[REPO]
            hub.faults.clear()
            hub.break_("model.safetensors", status=status, times=99)
        process = subprocess.Popen(
            [*command[:4], "owner/other" if status else REPO, *command[5:]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **loud}, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        while process.poll() is None:
            told += processes_of(process.pid)
            time.sleep(0.1)
        told += process.communicate()[0]
        assert process.returncode == (3 if status else 0)
    assert "engine.hub.worker" in told and TOKEN not in told
    store = tmp_path / ("ms-home" if name == "modelscope" else "hf")
    keeping = [path for path in tmp_path.rglob("*") if path.is_file() and holds_token(path)]
    assert keeping and all(store in path.parents for path in keeping)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in keeping)


def processes_of(process_id: int) -> str:
    """The command lines of a process and all it started, and the variables danlu gave those."""
    try:
        parent = psutil.Process(process_id)
        every = [parent, *parent.children(recursive=True)]
        return "".join(f"{one.cmdline()} {one.environ()}" for one in every)
    except psutil.Error:
        return ""


def holds_token(path: Path) -> bool:
    return TOKEN.encode() in path.read_bytes()
