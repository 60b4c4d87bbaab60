"""Two hundred downloads that break in every way there is: each ends whole and correct, or with a
named error after which the next try goes on from there."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.hub.fetch import fetch
from engine.job import Job
from engine.models.locate import is_whole
from tests.hub.conftest import Hubs, write_safetensors
from tests.hub.loopback_hub import LoopbackHub
from tests.hub.test_care import COMMIT
from tests.hub.test_fetch import children_of, wait_until

pytestmark = pytest.mark.slow
_MANY = 200
_SIZE = 400_000  # bytes of weights
_TRIES = 6
_WAYS = (
    "cut", "cut", "cut", "stall", "status", "busy", "corrupt", "length", "whole", "instead", "list"
)  # fmt: skip
_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f"
    b"32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
_PAGE = b"<!DOCTYPE html><html><title>Log in to this network</title></html>"
_NAMED = {
    "hub.connection_lost", "hub.server_error", "hub.busy", "hub.damaged", "hub.gated",
    "hub.unauthorized", "hub.not_found", "hub.no_revision",
}  # fmt: skip


def publish(folder: Path, kind: str, seed: int) -> Path:
    """A small repository of its own content."""
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    if kind == "model":
        (folder / "config.json").write_text(json.dumps({"model_type": "llama", "seed": seed}))
        (folder / "tokenizer.json").write_text(json.dumps({"words": [seed] * 700}))
        write_safetensors(folder / "model.safetensors", _SIZE)
    else:
        (folder / "train.jsonl").write_bytes(chance.randbytes(_SIZE))
        (folder / "README.md").write_text(f"# {seed}\n")
    return folder


def where(hub: str, repo: str, file: str) -> str:
    """What the addresses of that file's bytes contain."""
    big = file.endswith((".safetensors", ".jsonl"))
    if hub == "modelscope":
        return f"{repo}#FilePath={file}"
    return f"{repo}#/lfs/{file}" if big else f"{repo}#/resolve/#{file}"


def break_often(hub: LoopbackHub, name: str, repo: str, kind: str, chance: random.Random) -> None:
    """Some faults at random places of this repository's requests."""
    big = "model.safetensors" if kind == "model" else "train.jsonl"
    small = "config.json" if kind == "model" else "README.md"
    for _ in range(chance.randint(1, 4)):
        place = where(name, repo, chance.choice([big, big, big, small]))
        way = chance.choice(_WAYS)
        if way == "cut":
            hub.break_(where(name, repo, big), cut_at=chance.randrange(_SIZE))
        elif way == "stall":
            hub.break_(where(name, repo, big), hang=chance.randrange(_SIZE))
        elif way == "corrupt":
            hub.break_(place, corrupt=True)
        elif way == "length":
            hub.break_(place, length=chance.choice([-700, -1, 1, 5000]))
        elif way == "whole":  # a cut, and a server that begins anew where it is asked to go on
            hub.break_(where(name, repo, big), cut_at=chance.randrange(1, _SIZE))
            hub.break_(where(name, repo, big), whole=True)
        elif way == "instead":
            hub.break_(place, instead=chance.choice([_POINTER, _PAGE]))
        elif way == "busy":
            hub.break_(place, status=429, retry_after=chance.choice([0, 1]))
        elif way == "status":
            hub.break_(place, status=chance.choice([500, 502, 503, 429, 408, 403, 404]))
        else:
            hub.break_(repo, status=chance.choice([500, 503]))


def test_two_hundred_broken_downloads_end_whole_or_named_and_go_on(
    hubs: Hubs, tmp_path: Path
) -> None:
    chance = random.Random(20)
    cases, folders = [], []
    for number in range(_MANY):
        name = "modelscope" if number % 2 else "huggingface"
        kind = "dataset" if number % 5 == 0 else "model"
        hub, repo = getattr(hubs, name), f"owner/thing-{number:03}"
        folders.append(publish(tmp_path / "published" / str(number), kind, number))
        hub.add(repo, folders[-1], kind, xet=number % 4 == 0)
        break_often(hub, name, repo, kind, chance)
        cases.append({"hub": name, "repo": repo, "kind": kind, "tries": _TRIES})
    environment = {**os.environ, "MODELSCOPE_DOWNLOAD_MAX_RETRIES": "0", "TQDM_DISABLE": "1"}
    environment |= {"MODELSCOPE_DOWNLOAD_TIMEOUT": "1", "HF_HUB_DOWNLOAD_TIMEOUT": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.hub.many_downloads"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=300,
        env={**environment, "MODELSCOPE_API_MAX_RETRIES": "0"},
        check=True,
    )
    results = json.loads(ended.stdout)
    assert [
        case["repo"] for case, end in zip(cases, results, strict=True) if not end["folder"]
    ] == []
    codes = {code for end in results for code in end["codes"]}
    assert codes <= _NAMED and len(codes) > 2, ended.stderr
    for published, end in zip(folders, results, strict=True):
        assert contents(Path(end["folder"])) == contents(published)
    left = [fault for hub in (hubs.modelscope, hubs.huggingface) for fault in hub.faults]
    met = sum(fault.times == 0 for fault in left)
    assert met > _MANY  # more than one each


def contents(folder: Path) -> dict[str, str]:
    """The checksum of each file by its name; partial files and notes of the clients have none."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.mark.parametrize("name", ["modelscope", "huggingface"])
def test_a_download_killed_again_and_again_gets_there(
    hubs: Hubs, tmp_path: Path, name: str
) -> None:
    hub: LoopbackHub = getattr(hubs, name)
    folder = publish(tmp_path / "published", "model", 7)
    write_safetensors(folder / "model.safetensors", 3_000_000)
    hub.add("owner/killed", folder)
    for number in range(1, 4):
        hub.break_(where(name, "owner/killed", "model.safetensors"), hang=number * 500_000)
    cache = hubs.modelscope_cache if name == "modelscope" else hubs.huggingface_cache
    imports = "from engine.hub.fetch import fetch; from engine.job import Job"
    code = f"{imports}; fetch('owner/killed', hub={name!r}, job=Job())"
    for number in range(1, 4):
        process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        wait_until(lambda wanted=number * 500_000 - 70_000: begun(cache) >= wanted)
        children = children_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until(lambda pids=children: not any(Path(f"/proc/{pid}").exists() for pid in pids))
        assert not any(is_whole(path.parent) for path in cache.rglob("config.json"))
    assert contents(fetch("owner/killed", hub=name, job=Job()).folder) == contents(folder)
    assert hub.sent_bytes < 1.4 * 3_000_000


def begun(cache: Path) -> int:
    """Bytes of the largest partial file."""
    sizes = [0]
    for path in cache.rglob("*.incomplete"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:  # small ones come and go meanwhile
            continue
    return max(sizes)


def test_a_model_fetched_through_fifty_cuts_trains(
    hubs: Hubs, tmp_path: Path, danlu_home: Path
) -> None:
    from engine.runs.store import create_run
    from engine.spec.run_spec import RunSpec
    from engine.train.session import TrainingSession

    folder = cut_model(tmp_path / "published")
    cuts = 0
    for name in ("modelscope", "huggingface"):
        hub: LoopbackHub = getattr(hubs, name)
        hub.add("owner/cut", folder)
        for shard in sorted(folder.glob("*.safetensors")):
            size = shard.stat().st_size
            for part in range(1, 6):
                hub.break_(where(name, "owner/cut", shard.name), cut_at=part * size // 6)
                cuts += 1
    assert cuts == 50
    started = time.monotonic()
    fetch("owner/cut", hub="huggingface", job=Job())
    rows = tmp_path / "rows" / "train.jsonl"
    rows.parent.mkdir()
    row = {"query": "Who are you?", "response": "I am Ember."}
    rows.write_text(f"{json.dumps(row)}\n" * 8)
    hubs.huggingface.add("owner/rows", rows.parent, kind="dataset")
    spec: dict[str, Any] = {
        "model": {"source": "owner/cut", "hub": "modelscope"},
        "data": {"train": ["hf::owner/rows"], "max_length": 64},
        "train": {"max_steps": 2},
    }
    run = create_run(RunSpec.from_mapping(spec))
    session = TrainingSession(run)
    session.start()
    assert session.join(120)
    assert session_status(run.path) == "finished"
    assert run.spec().model.revision == COMMIT  # the very commit, for whoever trains it again
    assert run.spec().data.train[0].revision == COMMIT
    for hub in (hubs.modelscope, hubs.huggingface):
        assert [fault for fault in hub.faults if fault.times] == []
        assert hub.sent_bytes < 1.5 * sum(path.stat().st_size for path in folder.iterdir())
    assert time.monotonic() - started < 120


def session_status(run: Path) -> str:
    lines = (run / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    return next(event["status"] for event in reversed(events) if event["kind"] == "status")


def cut_model(folder: Path) -> Path:
    """A tiny model in five shards, each large enough to be cut five times with bytes between."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from tests.tiny_models import make_tokenizer

    folder.mkdir()
    make_tokenizer(folder)
    config = Qwen2Config(
        vocab_size=512, hidden_size=256, intermediate_size=512, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    model = Qwen2ForCausalLM(config)
    size = sum(weight.numel() * weight.element_size() for weight in model.parameters())
    model.save_pretrained(folder, max_shard_size=size // 4)
    assert len(list(folder.glob("*.safetensors"))) == 5
    return folder


def test_an_error_on_the_way_is_named_in_both_languages(hubs: Hubs, tmp_path: Path) -> None:
    from engine import words

    hubs.huggingface.add("owner/locked", publish(tmp_path / "p", "model", 3))
    hubs.huggingface.break_("owner/locked#model.safetensors", status=403, times=99)
    for language in words.LANGUAGES:
        words.use_language(language)
        with pytest.raises(DanluError) as caught:
            fetch("owner/locked", hub="huggingface", job=Job())
        assert caught.value.code == "hub.gated" and "{" not in str(caught.value)
