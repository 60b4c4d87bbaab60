"""What a download takes care of: pauses, checksums, the disk's room, the very commit."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest

from engine.errors import DanluError
from engine.hub import transfer
from engine.hub.caches import cached
from engine.hub.choose import RemoteFile
from engine.hub.endpoints import probe
from engine.hub.faults import asked_to_wait
from engine.hub.fetch import fetch
from engine.hub.pins import commit_in
from engine.hub.transfer import Transfer
from engine.job import Job, Progress
from engine.models.locate import locate, locate_here
from engine.spec.sections import Model
from tests.hub.conftest import WEIGHTS_SIZE, Hubs
from tests.hub.test_fetch import REPO, WEIGHTS, both, hub_of, same_files, wait_until

COMMIT = "1234567890abcdef1234567890abcdef12345678"


@both
def test_a_paused_download_holds_no_line_and_goes_on_from_there(
    hubs: Hubs, published: Path, name: str
) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    hub.break_(WEIGHTS if name == "modelscope" else f"/lfs/{WEIGHTS}", hang=6_000_000)
    job, done = Job(), []
    thread = threading.Thread(target=lambda: done.append(fetch(REPO, hub=name, job=job)))
    thread.start()
    wait_until(lambda: job.pausable and job.progress.done > 5_000_000)
    assert [part.name for part in job.progress.parts] == [WEIGHTS]
    job.pause()
    wait_until(lambda: not job.progress.pace or job.paused)
    asked = len(hub.requests)
    time.sleep(0.5)
    assert len(hub.requests) == asked and thread.is_alive()
    job.go_on()
    thread.join(30)
    same_files(done[0], published)
    assert any(request.start > 5_000_000 for request in hub.asked(WEIGHTS))


def test_time_left_counts_what_was_here_before_as_no_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("engine.job.time.monotonic", lambda: now[0])
    job = Job()
    job.report("download", 900, 1000, "bytes")
    now[0] += 2
    job.report("download", 910, 1000, "bytes")
    assert job.progress.pace == 5 and job.progress.seconds_left == 18
    now[0] += 9
    for _ in range(2):  # nothing moves
        job.report("download", 910, 1000, "bytes")
        now[0] += 9
    assert job.progress.pace == 0 and job.progress.seconds_left is None
    plain = Progress("x", 60, 100, "rows", started=now[0] - 10, first=50)
    assert plain.seconds_left == 40


def test_no_time_is_told_from_the_first_answers_of_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.job.time.monotonic", lambda: 110.0)
    some, batch = (
        Progress("x", done, 100, "rows", started=100, first=50, at_once=16) for done in (51, 66)
    )
    assert some.seconds_left is None
    assert batch.seconds_left == 10 * 34 / 16


@pytest.mark.parametrize("file", ["config.json", WEIGHTS])
def test_every_file_s_checksum_is_looked_at(hubs: Hubs, published: Path, file: str) -> None:
    """Of Hugging Face's small files its client looks at the size only."""
    hubs.huggingface.add(REPO, published)
    where = f"/resolve/{COMMIT}/{file}" if file == "config.json" else f"/lfs/{file}"
    # The first request of a small file asks for its heading alone.
    hubs.huggingface.break_(where, corrupt=True, times=2 if file == "config.json" else 1)
    same_files(fetch(REPO, hub="huggingface", job=Job()), published)


@pytest.mark.slow
def test_a_file_cut_short_by_another_program_is_not_taken_for_whole(
    hubs: Hubs, published: Path
) -> None:
    hubs.huggingface.add(REPO, published)
    folder = fetch(REPO, hub="huggingface", job=Job()).folder
    (folder / WEIGHTS).resolve().write_bytes(b"short")
    same_files(fetch(REPO, hub="huggingface", job=Job()), published)


def test_a_pinned_commit_is_found_in_modelscope_s_cache_until_its_files_change(
    hubs: Hubs, tiny_model: Path
) -> None:
    hubs.modelscope.add(REPO, tiny_model)
    found = locate(Model(source=REPO), Job())
    assert found.pin == {"model.hub": "modelscope", "model.revision": COMMIT}
    assert commit_in(found.folder) == COMMIT
    pinned = Model(source=REPO, hub="modelscope", revision=COMMIT)
    here = locate_here(pinned, Job())
    assert here is not None and (here.folder, here.revision) == (found.folder, COMMIT)
    (found.folder / "config.json").touch()
    assert locate_here(pinned, Job()) is None
    assert [copy.revision for copy in cached(REPO)] == ["master"]


def test_a_local_folder_has_nothing_to_pin(tiny_model: Path) -> None:
    assert locate(Model(source=str(tiny_model)), Job()).pin == {}


class Slow:
    """A repository whose file comes half, then waits to be let go."""

    revision = "main"

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.go = threading.Event()

    def files(self) -> list[RemoteFile]:
        return [RemoteFile(WEIGHTS, 2**30)]

    def held(self, file: RemoteFile) -> int:
        return 2**29

    def fetch(self, file: RemoteFile) -> None:
        self.go.wait(20)

    def finish(self, files: list[RemoteFile]) -> tuple[Path, str]:
        return self.cache, "main"


def test_a_disk_that_fills_up_meanwhile_stops_it_with_room_to_spare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side, said = Slow(tmp_path), []
    monkeypatch.setattr(transfer, "free_disk_bytes", lambda folder: transfer.SPARE - 1)
    monkeypatch.setattr(transfer, "leave", lambda code: side.go.set())

    def say(event: str, **values: Any) -> None:
        said.append((event, values))

    request = {"hub": "modelscope", "repo": REPO, "revision": None, "kind": "model"}
    Transfer(side, side.files(), request, say).run()
    failed = [values for event, values in said if event == "failed"]
    assert failed[0]["code"] == "hub.disk_low"
    error = DanluError(failed[0]["code"], **failed[0]["values"])
    assert "512 MiB to come" in error.what and "512 MiB is left free" in error.why


OFFICIAL = {
    "huggingface": """
from huggingface_hub import snapshot_download
snapshot_download("owner/a-model")
snapshot_download("owner/some-rows", repo_type="dataset")
""",
    "modelscope": """
from modelscope.hub.snapshot_download import dataset_snapshot_download, snapshot_download
snapshot_download("owner/a-model")
dataset_snapshot_download("owner/some-rows")
""",
}


@pytest.mark.slow
@both
def test_what_the_hub_s_own_tool_fetched_is_not_fetched_again(
    hubs: Hubs, published: Path, name: str
) -> None:
    hub = hub_of(hubs, name)
    hub.add("owner/a-model", published)
    hub.add("owner/some-rows", published, "dataset")
    subprocess.run([sys.executable, "-c", OFFICIAL[name]], check=True, capture_output=True)
    asked, sent = len(hub.requests), hub.sent_bytes
    assert sent > 2 * WEIGHTS_SIZE
    for repo, kind in (("owner/a-model", "model"), ("owner/some-rows", "dataset")):
        fetched = fetch(repo, hub=name, kind=kind, job=Job())
        assert (fetched.folder / WEIGHTS).read_bytes() == (published / WEIGHTS).read_bytes()
    assert hub.sent_bytes == sent
    bodies = [one for one in hub.requests[asked:] if one.method == "GET"]
    assert not [one.path for one in bodies if WEIGHTS in one.path]


@pytest.mark.slow
@both
def test_an_end_between_the_last_byte_and_the_new_name_costs_nothing(
    hubs: Hubs, published: Path, name: str
) -> None:
    hub = hub_of(hubs, name)
    hub.add(REPO, published)
    whole = fetch(REPO, hub=name, job=Job()).folder / WEIGHTS
    blob = whole.resolve()
    blob.rename(blob.with_name(f"{blob.name}.incomplete"))
    whole.unlink(missing_ok=True)
    sent = hub.sent_bytes
    same_files(fetch(REPO, hub=name, job=Job()), published)
    assert hub.sent_bytes == sent


def test_a_busy_hub_is_left_alone_as_long_as_it_asks() -> None:
    class Busy(Exception):
        retry_after = 7.0

    class Answer:
        headers: ClassVar = {"Retry-After": "120"}

    class Refused(Exception):
        response = Answer()

    assert asked_to_wait(Busy()) == 7
    assert asked_to_wait(Refused()) == 120
    Answer.headers = {"Retry-After": "99999"}
    assert asked_to_wait(Refused()) == 900
    Answer.headers = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert asked_to_wait(Refused()) == asked_to_wait(ValueError()) == 0


def test_a_hub_that_takes_its_time_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as slow:  # the line opens, and nobody answers
        address = f"http://127.0.0.1:{slow.getsockname()[1]}"
        assert probe([address], 1.0)[address].reached
    assert not probe([address], 1.0)[address].reached


@pytest.mark.slow
def test_a_listing_that_fails_once_is_asked_for_again(hubs: Hubs, published: Path) -> None:
    hubs.huggingface.add(REPO, published)
    hubs.huggingface.break_("/api/models/", status=503, times=2)
    same_files(fetch(REPO, hub="huggingface", job=Job()), published)
    assert WEIGHTS_SIZE < hubs.huggingface.sent_bytes < 1.1 * WEIGHTS_SIZE
