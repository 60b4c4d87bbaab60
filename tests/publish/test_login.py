"""Logging in: checked by the hub, kept by the hub's own tool for its owner alone, shown nowhere."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest

from engine.runs.store import Run
from tests.publish.conftest import TOKEN, Hubs
from tui.cli import login as login_verb
from tui.main import main

both = pytest.mark.parametrize("name", ["modelscope", "huggingface"])


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@both
def test_a_token_is_kept_by_the_hub_s_own_tool_and_then_used(
    hubs: Hubs,
    run: Run,
    name: str,
    tmp_path: Path,
    danlu_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    assert main(["login", name, "--json"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out) == {"hub": name, "user": "ember", "overridden": None}
    store = tmp_path / ("ms-home" if name == "modelscope" else "hf")
    keeping = [p for p in store.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]
    assert keeping and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in keeping)
    assert main(["push", "identity", "ember/mine", "--hub", name]) == 0
    said_after = capfd.readouterr()
    assert TOKEN not in said.out + said.err + said_after.out + said_after.err
    for path in danlu_home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


@both
def test_a_token_that_is_refused_is_not_kept(
    hubs: Hubs,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hf_wrongtoken\n"))
    assert main(["login", name, "--json"]) == 1
    said = capfd.readouterr()
    assert json.loads(said.out)["error"]["code"] == "publish.token_refused"
    assert "hf_wrongtoken" not in said.out + said.err
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"hf_wrongtoken" in data for data in kept)


def test_at_a_terminal_it_is_asked_for_without_showing_it(
    hubs: Hubs, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal())
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return TOKEN

    monkeypatch.setattr(login_verb.getpass, "getpass", typed)
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    assert main(["login", "huggingface"]) == 0
    said = capfd.readouterr()
    assert asked and "ember" in said.out and "HF_TOKEN" in said.out
    assert TOKEN not in said.out + said.err


def test_nothing_typed_is_said(
    hubs: Hubs, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["login", "modelscope", "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "publish.empty_token"
