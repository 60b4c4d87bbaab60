"""Fetching with the hubs' unmodified clients, from a hub that breaks as real ones do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.errors import DanluError
from engine.hub import spelling, worker
from engine.hub.choose import RemoteFile
from engine.hub.fetch import Fetched, fetch
from engine.job import Cancelled, Job
from tests.cancelling import cancel_when
from tests.hub.conftest import WEIGHTS_SIZE, Hubs
from tests.hub.loopback_hub import LoopbackHub, closed_address

REPO = "owner/tiny-model"
WEIGHTS = "model.safetensors"
KEPT = {"README.md", "config.json", "tokenizer.json", "tokenizer_config.json", WEIGHTS}
both = pytest.mark.parametrize("name", ["modelscope", "huggingface"])


def hub_of(hubs: Hubs, name: str) -> LoopbackHub:
    return hubs.modelscope if name == "modelscope" else hubs.huggingface


def same_files(fetched: Fetched, published: Path) -> None:
    names = {path.name for path in fetched.folder.iterdir() if not path.name.startswith(".")}
    assert names == KEPT
    assert all((fetched.folder / n).read_bytes() == (published / n).read_bytes() for n in KEPT)


def started_bytes(cache: Path) -> int:
    """Bytes of weights that lie in ``cache`` as a partial file."""
    total = 0
    for path in cache.rglob("*.incomplete"):
        with contextlib.suppress(FileNotFoundError):  # small ones come and go meanwhile
            total += path.stat().st_size
    return total


@both
def test_a_model_comes_with_safetensors_only_and_its_bytes_are_counted(
    hubs: Hubs, published: Path, name: str
) -> None:
    hub_of(hubs, name).add(REPO, published)
    seen: list[float] = []
    job = Job(on_progress=lambda now: seen.append(now.done) if now.unit == "bytes" else None)
    fetched = fetch(REPO, hub=name, job=job)
    same_files(fetched, published)
    assert (fetched.hub, job.progress.phase) == (name, "download")
    assert job.progress.total == job.progress.done and job.progress.done > WEIGHTS_SIZE
    assert seen == sorted(seen)
    assert len(fetched.revision) == 40  # the commit is recorded


@both
def test_the_official_client_finds_what_was_fetched(hubs: Hubs, published: Path, name: str) -> None:
    hub_of(hubs, name).add(REPO, published)
    fetched = fetch(REPO, hub=name, job=Job())
    module = (
        "modelscope_hub.compat.snapshot_download" if name == "modelscope" else "huggingface_hub"
    )
    only = "local_files_only=True, allow_patterns=['*.safetensors', '*.json']"  # as vLLM asks
    code = f"from {module} import snapshot_download as s; print(s({REPO!r}, {only}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip().splitlines()[-1]) == fetched.folder


@both
def test_fetching_again_moves_no_weights(hubs: Hubs, published: Path, name: str) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    first = fetch(REPO, hub=name, job=Job())
    sent = hub.sent_bytes
    assert fetch(REPO, hub=name, job=Job()) == first
    assert hub.sent_bytes == sent


@both
def test_a_line_cut_at_a_byte_is_taken_up_there(hubs: Hubs, published: Path, name: str) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    hub.break_(WEIGHTS, cut_at=7_000_000) if name == "modelscope" else hub.break_(
        f"/lfs/{WEIGHTS}", cut_at=7_000_000
    )
    same_files(fetch(REPO, hub=name, job=Job()), published)
    assert any(request.start > 5_000_000 for request in hub.asked(WEIGHTS))
    assert hub.sent_bytes < WEIGHTS_SIZE * 1.3


@both
def test_server_errors_are_outlived(hubs: Hubs, published: Path, name: str) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    hub.break_(WEIGHTS, status=500, times=2)
    same_files(fetch(REPO, hub=name, job=Job()), published)


@both
def test_damaged_bytes_are_noticed_and_fetched_anew(hubs: Hubs, published: Path, name: str) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    hub.break_(WEIGHTS if name == "modelscope" else f"/lfs/{WEIGHTS}", corrupt=True)
    same_files(fetch(REPO, hub=name, job=Job()), published)


@both
def test_cancel_comes_at_once_and_the_next_fetch_goes_on_from_there(
    hubs: Hubs, published: Path, name: str
) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    where = WEIGHTS if name == "modelscope" else f"/lfs/{WEIGHTS}"
    hub.break_(where, hang=6_000_000)  # a line that is not cut, but dead
    cache = hubs.modelscope_cache if name == "modelscope" else hubs.huggingface_cache
    job = Job()
    asked = cancel_when(job, lambda: started_bytes(cache) > 3_000_000)
    with pytest.raises(Cancelled):
        fetch(REPO, hub=name, job=job)
    assert time.monotonic() - asked[0] < 1.5
    assert started_bytes(cache) > 3_000_000
    same_files(fetch(REPO, hub=name, job=Job()), published)
    assert any(request.start > 3_000_000 for request in hub.asked(WEIGHTS))


@both
def test_a_killed_danlu_leaves_no_process_and_its_bytes_are_used(
    hubs: Hubs, published: Path, name: str
) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    hub.break_(WEIGHTS if name == "modelscope" else f"/lfs/{WEIGHTS}", hang=6_000_000)
    cache = hubs.modelscope_cache if name == "modelscope" else hubs.huggingface_cache
    imports = "from engine.hub.fetch import fetch; from engine.job import Job"
    code = f"{imports}; fetch({REPO!r}, hub={name!r}, job=Job())"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    wait_until(lambda: started_bytes(cache) > 3_000_000)
    children = children_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    same_files(fetch(REPO, hub=name, job=Job()), published)
    assert any(request.start > 3_000_000 for request in hub.asked(WEIGHTS))


def children_of(process_id: int) -> list[int]:
    return [child.pid for child in psutil.Process(process_id).children(recursive=True)]


def wait_until(reached, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


def test_modelscope_is_asked_first_and_the_other_hub_when_it_has_not(
    hubs: Hubs, published: Path
) -> None:
    hubs.huggingface.add(REPO, published)
    job = Job()
    assert fetch(REPO, job=job).hub == "huggingface"
    assert next(code for code, _ in job.notes) == "note_model.not_there"
    hubs.modelscope.add("owner/other", published)
    hubs.huggingface.add("owner/other", published)
    assert fetch("owner/other", job=Job()).hub == "modelscope"


def test_an_unreachable_hub_costs_no_time_and_is_said(
    hubs: Hubs, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", closed_address())
    hubs.huggingface.add(REPO, published)
    job = Job()
    assert fetch(REPO, job=job).hub == "huggingface"
    assert job.notes[0][0] == "note_model.unreachable"
    monkeypatch.setenv("HF_ENDPOINT", closed_address())
    started = time.monotonic()
    assert code_of("owner/none") == "hub.unreachable"
    assert time.monotonic() - started < 2


def test_offline_asks_nobody(hubs: Hubs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert code_of(REPO) == "hub.offline"
    assert hubs.modelscope.requests == hubs.huggingface.requests == []


def code_of(repo: str, **how: str) -> str:
    with pytest.raises(DanluError) as caught:
        fetch(repo, job=Job(), **how)
    assert caught.value.what and caught.value.why  # the words' placeholders are filled
    return caught.value.code


def test_a_repository_that_no_hub_has_is_told_of_each_that_was_asked(
    hubs: Hubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spelling, "_asked_for", lambda *_: iter(()))
    with pytest.raises(DanluError) as caught:
        fetch("owner/missing", hub="auto", job=Job())
    assert caught.value.code == "hub.not_found"
    assert "ModelScope / Hugging Face" in caught.value.what


@both
def test_what_hubs_refuse_has_a_name(
    hubs: Hubs, published: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_REPO_TREE_PAGE_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(spelling, "_asked_for", lambda *_: iter(()))  # the search has its own tests
    hub = hub_of(hubs, name)
    assert code_of("owner/missing", hub=name) == "hub.not_found"
    hub.add(REPO, published)
    assert code_of(REPO, hub=name, revision="v9") == "hub.no_revision"
    gated = {"status": 403, "error_code": "GatedRepo", "times": 99}
    hub.break_(REPO, **gated)
    assert code_of(REPO, hub=name) == "hub.gated"
    hub.faults.clear()
    hub.break_("/api/", status=500, times=99)
    assert code_of(REPO, hub=name) == "hub.server_error"


@both
def test_a_token_is_used_and_said_nowhere(
    hubs: Hubs, published: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    secret = "hf_verysecrettoken"
    monkeypatch.setenv("HF_TOKEN", secret)
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", secret)
    hub.break_(WEIGHTS, status=401, times=99)
    job = Job()
    with pytest.raises(DanluError) as caught:
        fetch(REPO, hub=name, job=job)
    assert any(secret in request.token for request in hub.requests)
    assert secret not in str(caught.value.document()) + str(job.notes)
    assert caught.value.code == "hub.unauthorized"


def test_storage_behind_a_redirect_gets_no_token(
    hubs: Hubs, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hubs.huggingface.add(REPO, published)
    monkeypatch.setenv("HF_TOKEN", "hf_verysecrettoken")
    fetch(REPO, hub="huggingface", job=Job())
    assert all(request.token == "" for request in hubs.huggingface.asked("/lfs/"))
    assert all(request.token for request in hubs.huggingface.asked("/resolve/"))


def test_a_disk_too_small_is_told_before_a_byte_is_fetched(hubs: Hubs, published: Path) -> None:
    class Huge:
        revision, cache = "main", hubs.huggingface_cache

        def files(self) -> list[RemoteFile]:
            return [RemoteFile("model.safetensors", 2**60)]

        def held(self, file: RemoteFile) -> int:
            return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "side_of", lambda request: Huge())
        with pytest.raises(worker.Failed) as caught:
            worker.bring(
                {"hub": "huggingface", "repo": REPO, "kind": "model"}, lambda *a, **k: None
            )
    assert caught.value.code == "hub.disk_full"
    assert caught.value.values["need"].endswith("GiB")


@both
def test_pickled_weights_are_refused_before_a_byte_of_them_comes(
    hubs: Hubs, published: Path, name: str
) -> None:
    hub = hub_of(hubs, name)
    del hub.add(REPO, published).files[WEIGHTS]
    assert code_of(REPO, hub=name) == "hub.no_safetensors"
    assert hub.sent_bytes == 0


def test_a_dataset_comes_whole(hubs: Hubs, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "train.jsonl").write_text('{"query": "?", "response": "!"}\n' * 200)
    for hub in (hubs.modelscope, hubs.huggingface):
        hub.add("owner/rows", tmp_path / "rows", kind="dataset")
    for name in ("modelscope", "huggingface"):
        fetched = fetch("owner/rows", hub=name, kind="dataset", job=Job())
        assert (fetched.folder / "train.jsonl").read_bytes() == (
            tmp_path / "rows" / "train.jsonl"
        ).read_bytes()


def test_the_fetching_process_ignores_a_folder_named_engine_where_it_runs(
    hubs: Hubs, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__init__.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    assert os.getcwd() == str(tmp_path)
    hubs.modelscope.add(REPO, published)
    assert fetch(REPO, job=Job()).hub == "modelscope"
