"""A token is in the store of the hub's own tool, readable by its owner, and nowhere else: not in a
spec, a journal, a log, an answer, an error, or a list of processes."""

from __future__ import annotations

import io
import stat
import subprocess
from pathlib import Path

import pytest

from engine.hub import child
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
