"""Publishing a model: checked, described, sent; what is there already is not sent again."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.hub.child import ChildEnded, run_child
from engine.hub.endpoints import endpoint, offline, probe
from engine.hub.reference import HUB_NAMES
from engine.job import Job, Part
from engine.publish.files import PushFile
from engine.publish.request import PushRequest, check_repo_id
from engine.publish.stage import stage
from engine.units import human_bytes

_THE_PERSONS = (
    "publish.no_token_modelscope", "publish.no_token_huggingface", "publish.token_refused",
    "publish.no_permission", "publish.name_taken", "publish.name_refused", "publish.is_public",
    "publish.not_yours",
)  # fmt: skip


@dataclass(frozen=True)
class Pushed:
    """A published repository. ``sent`` are the files that were missing there; sizes in bytes."""

    request: PushRequest
    url: str
    commit: str
    private: bool
    created: bool
    files: list[PushFile]
    sent: list[str]
    sent_bytes: int

    def document(self) -> dict[str, Any]:
        """The JSON form: ``{repo, hub, url, private, created, commit, files: [{path, bytes,
        sent}], sent_bytes}``."""
        return {
            "repo": self.request.repo,
            "hub": self.request.hub,
            "url": self.url,
            "private": self.private,
            "created": self.created,
            "commit": self.commit or None,
            "files": [
                {"path": file.path, "bytes": file.size, "sent": file.path in self.sent}
                for file in self.files
            ],
            "sent_bytes": self.sent_bytes,
        }


def push(request: PushRequest, job: Job) -> Pushed:
    """Publish. Broken off, the files that were whole at the hub are not sent again by the next
    push. Raises DanluError ``publish.*``, Cancelled."""
    check_repo_id(request.repo, request.hub)
    with tempfile.TemporaryDirectory(prefix="danlu-push-") as room:
        job.report("push_prepare")
        files, origin = stage(request, Path(room))
        _check_reachable(request, job)
        asked = {
            "hub": request.hub,
            "repo": request.repo,
            "public": request.public,
            "license": origin.license,
            "message": f"Upload {origin.kind} made with danlu",
            "files": [{"path": f.path, "local": str(f.local), "size": f.size} for f in files],
        }
        done = _run(asked, job)
    return Pushed(
        request=request,
        url=done["url"],
        commit=done["commit"],
        private=done["private"],
        created=done["created"],
        files=files,
        sent=done["sent"],
        sent_bytes=done["bytes"],
    )


def _check_reachable(request: PushRequest, job: Job) -> None:
    variable = offline()
    if variable:
        raise DanluError("publish.offline", variable=variable)
    job.report("push_look")
    address = endpoint(request.hub)
    answer = probe([address])[address]
    if not answer.reached:
        hub = HUB_NAMES[request.hub]
        raise DanluError(
            "publish.unreachable", exit_code=3, hub=hub, address=address, reason=answer.reason
        )


def _run(asked: dict[str, Any], job: Job) -> dict[str, Any]:
    relay = _Relay(HUB_NAMES[asked["hub"]], asked["repo"], job)
    try:
        return run_child("engine.publish.worker", asked, relay.tell, job)
    except ChildEnded as error:
        values: dict[str, Any] = {"hub": HUB_NAMES[asked["hub"]], "repo": asked["repo"]}
        raise DanluError("publish.failed", exit_code=3, **values, reason=str(error)) from error


class _Relay:
    """Tells a job what the publishing process says."""

    def __init__(self, hub: str, repo: str, job: Job) -> None:
        self._hub, self._repo, self._job = hub, repo, job
        self._total, self._count = 0, 0

    def tell(self, event: dict[str, Any]) -> None:
        job = self._job
        match event["event"]:
            case "failed":
                exit_code = 1 if event["code"] in _THE_PERSONS else 3
                raise DanluError(event["code"], exit_code=exit_code, **event["values"])
            case "repo" if event["created"]:
                kind = "private" if event["private"] else "public"
                job.note(f"publish.created_{kind}", hub=self._hub, repo=self._repo)
            case "hashing":
                job.report("push_hash", event["done"], event["total"], "bytes")
            case "sending":
                self._total, self._count = event["bytes"], event["files"]
                if event["same"]:
                    job.note("publish.there_already", count=event["same"])
                if self._count:
                    job.report("push_upload", 0, self._total, "bytes")
            case "bytes":
                part = Part(*event["part"])
                job.report("push_upload", event["done"], self._total, "bytes", [part])
            case "sent":
                size = human_bytes(event["size"])
                values = {"file": event["file"], "size": size, "number": event["number"]}
                job.note("publish.sent", count=self._count, **values)
            case "retry":
                job.note("publish.retrying", what=event["file"] or self._hub)
            case "committing":
                job.report("push_commit")
