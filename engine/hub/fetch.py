"""Fetching a repository: the right hub first, resumable, cancellable, with progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.hub.child import ChildEnded, Event, Paused, run_child
from engine.hub.endpoints import endpoint, offline, probe
from engine.hub.pins import remember_commit
from engine.hub.reference import HUB_NAMES, HUBS, Hub
from engine.hub.spelling import called_otherwise
from engine.job import Job, Part
from engine.units import human_bytes

# With hub "auto", after these the other hub may still have it.
_TRY_ELSEWHERE = (
    "hub.not_found", "hub.no_revision", "hub.unauthorized", "hub.gated", "hub.server_error",
    "hub.busy", "hub.failed", "hub.no_safetensors",
)  # fmt: skip
_TOLD = 5  # seconds: a hub that asks for a longer pause is told of
_ASKED_WRONGLY = ("hub.not_found", "hub.no_revision", "hub.bad_name", "hub.no_safetensors")


@dataclass(frozen=True)
class Fetched:
    """A repository that is whole on disk, in its hub's own cache."""

    hub: Hub
    repo: str
    folder: Path
    revision: str


def fetch(
    repo: str, *, hub: str = "auto", revision: str | None = None, kind: str = "model", job: Job
) -> Fetched:
    """Bring ``repo`` (``kind`` model or dataset) here from ``hub``; ``auto`` asks ModelScope, then
    Hugging Face. What is here already is not fetched again.

    The job can be paused. Raises DanluError ``hub.*``, Cancelled (partial files stay and are
    resumed).
    """
    hubs = _reachable(repo, hub, job)
    missing = []
    for number, name in enumerate(hubs):
        try:
            return _fetch_from(name, repo, revision, kind, job)
        except DanluError as error:
            missing += [HUB_NAMES[name]] if error.code == "hub.not_found" else []
            if number == len(hubs) - 1 or error.code not in _TRY_ELSEWHERE:
                told = called_otherwise(error, repo, hub, kind, job)
                raise (_of_all(error, missing) if told is error else told) from error
            job.note("note_model.not_there", hub=HUB_NAMES[name], reason=error.what)
    raise AssertionError("no hub was asked")


def _of_all(error: DanluError, missing: list[str]) -> DanluError:
    """``error``, told of every hub that has no such repository."""
    if error.code != "hub.not_found" or len(missing) < 2:
        return error
    values = {**error.values, "hub": " / ".join(missing)}
    return DanluError(error.code, fixes=error.fixes, exit_code=error.exit_code, **values)


def _reachable(repo: str, hub: str, job: Job) -> list[Hub]:
    """The hubs to ask, in order. Raises DanluError ``hub.offline`` or ``hub.unreachable``."""
    variable = offline()
    if variable:
        raise DanluError("hub.offline", repo=repo, variable=variable)
    wanted: list[Hub] = [name for name in HUBS if hub in ("auto", name)]
    if "/" not in repo and hub == "auto":
        wanted.remove("modelscope")  # every repository there has an owner
    job.report("probe_hubs")
    answers = probe([endpoint(name) for name in wanted])
    found = []
    for name in wanted:
        answer = answers[endpoint(name)]
        if answer.reached:
            found.append(name)
        else:
            job.note("note_model.unreachable", hub=HUB_NAMES[name], reason=answer.reason)
    if not found:
        raise DanluError(
            "hub.unreachable", exit_code=3, repo=repo, hubs=", ".join(map(endpoint, wanted))
        )
    return found


def _fetch_from(hub: Hub, repo: str, revision: str | None, kind: str, job: Job) -> Fetched:
    job.report("list_files")
    request = {"hub": hub, "repo": repo, "kind": kind, "revision": revision}
    total = 0

    def relay(event: dict[str, Any]) -> None:
        nonlocal total
        total = _relay(event, total, request, job)

    job.pausable = True
    try:
        done = _run_to_the_end(request, relay, job)
    except ChildEnded as error:
        values: dict[str, Any] = {"hub": HUB_NAMES[hub], "repo": repo}
        raise DanluError("hub.failed", exit_code=3, **values, reason=str(error)) from error
    finally:
        job.pausable = False
    job.report("download", done["bytes"], done["bytes"], "bytes")
    fetched = Fetched(hub, repo, Path(done["folder"]), done["revision"])
    if hub == "modelscope":
        remember_commit(fetched.folder, fetched.revision, done["files"])
    return fetched


def _run_to_the_end(request: dict[str, Any], relay: Callable[[Event], None], job: Job) -> Event:
    """Fetch, over pauses. Ended at any moment, the process leaves nothing half-written but partial
    files, which the next one resumes; so a pause holds no connection and outlives a reboot."""
    while True:
        try:
            return run_child("engine.hub.worker", request, relay, job, pausable=True)
        except Paused:
            job.wait_while_paused()


def _relay(event: dict[str, Any], total: int, request: dict[str, Any], job: Job) -> int:
    """Tell ``job`` of one event. Returns how many bytes the repository has in all."""
    if event["event"] == "failed":
        exit_code = 1 if event["code"] in _ASKED_WRONGLY else 3
        raise DanluError(event["code"], exit_code=exit_code, **event["values"])
    if event["event"] == "listed":
        total = event["bytes"]
        job.note(
            "note_model.fetching",
            hub=HUB_NAMES[request["hub"]],
            repo=request["repo"],
            size=human_bytes(total),
            held=human_bytes(event["held"]),
        )
        job.report("download", event["held"], total, "bytes")
    elif event["event"] == "bytes":
        parts = [Part(*part) for part in event["parts"]]
        job.report("download", event["done"], total, "bytes", parts)
    elif event["event"] == "finishing":
        job.report("check_sum")
    elif event["event"] == "retry":
        seconds = event.get("seconds", 0)
        said = "asked_to_wait" if seconds >= _TOLD else "retrying"
        hub = HUB_NAMES[request["hub"]]
        job.note(f"note_model.{said}", file=event["file"], hub=hub, seconds=seconds)
    return total
