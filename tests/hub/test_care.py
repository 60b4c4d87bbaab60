"""What a download takes care of: pauses, checksums, the disk's room, the very commit."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.hub import transfer
from engine.hub.caches import cached
from engine.hub.choose import RemoteFile
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
    plain = Progress("x", 60, 100, "rows", started=now[0] - 10, first=50)
    assert plain.seconds_left == 40


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


@pytest.mark.slow
def test_a_listing_that_fails_once_is_asked_for_again(hubs: Hubs, published: Path) -> None:
    hubs.huggingface.add(REPO, published)
    hubs.huggingface.break_("/api/models/", status=503, times=2)
    same_files(fetch(REPO, hub="huggingface", job=Job()), published)
    assert WEIGHTS_SIZE < hubs.huggingface.sent_bytes < 1.1 * WEIGHTS_SIZE
