"""``danlu serve`` on real terminals: it starts, is watched, listed, stopped, and outlives them."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from openai import OpenAI

from engine.serve.serving import Serving, servings
from tests.command import danlu
from tests.terminal.terminal import Terminal

pytestmark = pytest.mark.slow
OWN = ("--port", "0", "--backend", "danlu")  # the quickest to start


@pytest.fixture
def home(danlu_home: Path) -> Iterator[Path]:
    """danlu's home; whatever is still served from there afterwards is ended."""
    yield danlu_home
    for folder in (danlu_home / "serving").glob("*"):
        if Serving(folder).alive():
            os.kill(Serving(folder).owner(), signal.SIGKILL)


def answer(url: str, key: str = "none") -> str | None:
    client = OpenAI(base_url=url, api_key=key, max_retries=0, timeout=60)
    model = client.models.list().data[0].id
    found = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "hi"}], max_tokens=4
    )
    return found.choices[0].message.content


def listed() -> list[dict[str, Any]]:
    return json.loads(danlu("servers", "--json").stdout)


def wait_for_end(serving: Serving) -> None:
    deadline = time.monotonic() + 20
    while serving.alive():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_outlives_a_dropped_line_and_is_listed_and_stopped(tiny_model: Path, home: Path) -> None:
    terminal = Terminal(["serve", str(tiny_model), "--port", "0"], home, columns=200)
    terminal.wait_for("danlu serve --stop")
    [found] = listed()
    assert found["state"] == "serving" and found["url"] in terminal.text()
    assert found["backend"] == "transformers" and found["why"] == ["vLLM is not installed"]
    assert "transformers serve, danlu chose: vLLM is not installed" in terminal.text()
    [behind] = psutil.Process(found["pid"]).children()
    answer(found["url"])
    terminal.wait_for("tokens/s")
    terminal.hang_up()
    time.sleep(0.5)
    answer(found["url"])
    [found] = listed()
    assert found["requests"] == 2 and found["tokens"] > 0
    stopped = danlu("serve", "--stop", found["name"])
    assert stopped.returncode == 0, stopped.stderr
    assert [each["state"] for each in listed()] == ["ended"]
    assert not behind.is_running()


def test_without_a_key_pages_from_elsewhere_cannot_ask(tiny_model: Path, home: Path) -> None:
    """And it ends at once, whatever it is saying."""
    found = json.loads(danlu("serve", str(tiny_model), *OWN, "--detach", "--json").stdout)
    for host, status in (("localhost", 200), ("127.0.0.1:80", 200), ("evil.example", 403)):
        asked = urllib.request.Request(found["url"] + "/models", headers={"Host": host})
        try:
            with urllib.request.urlopen(asked, timeout=30) as answered:
                assert answered.status == status
        except urllib.error.HTTPError as error:
            assert error.code == status
            assert json.loads(error.read())["error"]["code"] == "foreign_host"
    client = OpenAI(base_url=found["url"], api_key="none", max_retries=0, timeout=60)
    stream = client.chat.completions.create(
        model=found["models"][0],
        messages=[{"role": "user", "content": "hi"}],
        temperature=5,
        stream=True,
    )
    next(iter(stream))
    began = time.monotonic()
    Serving(Path(found["folder"])).end(15)
    assert time.monotonic() - began < 10
    assert [each["state"] for each in listed()] == ["ended"]


def test_ctrl_c_ends_it(tiny_model: Path, home: Path) -> None:
    terminal = Terminal(["serve", str(tiny_model), *OWN], home, columns=200)
    terminal.wait_for("danlu serve --stop")
    [found] = listed()
    terminal.press("\x03")
    assert terminal.wait_for_end(20) == 0
    wait_for_end(Serving(Path(found["folder"])))
    assert [each["state"] for each in listed()] == ["ended"]


def test_ctrl_c_before_it_serves_is_an_interruption(tiny_model: Path, home: Path) -> None:
    terminal = Terminal(["serve", str(tiny_model), *OWN, "--detach"], home, columns=200)
    deadline = time.monotonic() + 30
    while not any(each.alive() for each in servings()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    terminal.press("\x03")
    assert terminal.wait_for_end(20) == 130
    assert [each["state"] for each in listed()] == ["ended"]


def test_detached_it_gives_the_shell_back_and_its_curl_line_works(
    tiny_model: Path, home: Path
) -> None:
    command = ("serve", str(tiny_model), *OWN, "--detach", "--api-key", "new")
    started = danlu(*command)
    assert started.returncode == 0, started.stderr
    [found] = listed()
    folder = Path(found["folder"])
    key = (folder / "authorization").read_text().split()[-1]
    assert key not in started.stdout + started.stderr
    assert key not in (folder / "log.txt").read_text() + (folder / "journal.jsonl").read_text()
    line = next(each for each in started.stdout.splitlines() if each.startswith("curl "))
    asked = subprocess.run([*shlex.split(line), "-s"], capture_output=True, text=True, timeout=60)
    assert json.loads(asked.stdout)["object"] == "chat.completion", asked.stdout
    snippet = started.stdout.partition("from openai")[2].partition("\n\n")[0]
    run = [sys.executable, "-c", "from openai" + snippet]
    ran = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert danlu("serve", "--stop").returncode == 0
    assert "Nothing is being served" in danlu("serve", "--stop").stderr
    assert not (folder / "authorization").exists()


def test_what_fails_at_the_start_is_told_as_any_failure(tiny_model: Path, home: Path) -> None:
    broken = home.parent / "broken"
    broken.mkdir()
    (broken / "config.json").write_text((tiny_model / "config.json").read_text())
    found = danlu("serve", str(broken), "--port", "0", "--json")
    assert found.returncode in (1, 3)
    assert json.loads(found.stdout)["error"]["code"].startswith("model.")
    assert [each["state"] for each in listed()] == ["failed"]


def test_a_server_that_was_killed_reads_as_gone(tiny_model: Path, home: Path) -> None:
    found = json.loads(danlu("serve", str(tiny_model), *OWN, "--detach", "--json").stdout)
    os.kill(found["pid"], signal.SIGKILL)
    wait_for_end(Serving(Path(found["folder"])))
    assert [each["state"] for each in listed()] == ["gone"]
    failed = danlu("serve", "--stop", found["name"])
    assert failed.returncode == 1 and "not running" in failed.stderr
