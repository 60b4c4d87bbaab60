"""The publishing process (run as a module), one request as in :mod:`engine.hub.child_side`. The
token is read by the hub's client from where the hub's tools keep it; it passes through no request,
no argument and no event.

Request: ``{hub, repo, public, license, message, files: [{path, local, size}]}``. Events:
``account`` {user}, ``repo`` {created, private}, ``hashing`` {done, total}, ``sending`` {files,
bytes, same}, ``bytes`` {done, part: [file, moved, size]}, ``sent`` {file, number}, ``retry``
{file}, ``committing``, ``done`` {url, commit, sent, bytes, created, private}, ``failed`` {code,
values}.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from engine.hub.child_side import Failed, Say, leave, serve, ticking
from engine.hub.reference import HUB_NAMES
from engine.publish.faults import is_passing, push_fault
from engine.publish.local_file import LocalFile

T = TypeVar("T")
_TRIES = 4


class Side(Protocol):
    """One repository on one hub; ``sends`` is how often a file is sent while the line breaks."""

    sends: int
    url: str

    def account(self) -> str: ...
    def look(self) -> bool | None: ...
    def create(self, *, public: bool) -> None: ...
    def has(self, file: LocalFile) -> bool: ...
    def send(self, file: LocalFile) -> None: ...
    def moved(self) -> int: ...
    def commit(self, message: str) -> str: ...


def main() -> int:
    """Serve one request. Returns 0 when all is published, else 3."""
    return serve(publish, lambda error, asked: push_fault(error, asked["hub"], asked["repo"]))


def _side(request: dict[str, Any]) -> Side:
    if request["hub"] == "modelscope":
        from engine.publish.modelscope_push import ModelScopePush

        return ModelScopePush(request["repo"], request["license"])
    from engine.publish.huggingface_push import HuggingFacePush

    return HuggingFacePush(request["repo"], request["license"])


def publish(request: dict[str, Any], say: Say) -> None:
    """Look who we are and what is there, send what is missing, let it appear together. Raises
    Failed and the clients' errors."""
    side = _side(request)
    work = _Work(side, request, say)
    private, created = work.enter()
    files = [LocalFile(**file) for file in request["files"]]
    missing = work.missing(files)
    work.send(missing)
    commit = ""
    if missing:
        say("committing")
        commit = work.patiently(lambda: side.commit(request["message"]))
    say(
        "done",
        url=side.url,
        commit=commit,
        sent=[file.path for file in missing],
        bytes=sum(file.size for file in missing),
        created=created,
        private=private,
    )


class _Work:
    """One push, step by step."""

    def __init__(self, side: Side, request: dict[str, Any], say: Say) -> None:
        self._side, self._request, self._say = side, request, say
        self._values: dict[str, Any] = {"hub": HUB_NAMES[request["hub"]], "repo": request["repo"]}

    def enter(self) -> tuple[bool, bool]:
        """Find or make the repository. Returns whether it is private, and whether it was made."""
        side, public = self._side, self._request["public"]
        user = self.patiently(side.account)
        self._values["user"] = user
        self._say("account", user=user)
        private, created = self.patiently(side.look), False
        if private is None:
            private, created = self._create(public)
        if not created and not private and not public:
            owner = self._request["repo"].partition("/")[0]
            code = "publish.is_public" if owner == user else "publish.not_yours"
            raise Failed(code, {**self._values, "owner": owner})
        self._say("repo", created=created, private=private)
        return private, created

    def _create(self, public: bool) -> tuple[bool, bool]:
        """Make the repository. Returns whether it is private, and whether it was made."""
        try:
            self.patiently(lambda: self._side.create(public=public))
        except Failed as failure:
            if failure.code != "publish.name_taken":
                raise
            # Perhaps ours after all: of a try whose answer was lost, or of another push.
            private = self.patiently(self._side.look)
            if private is None:
                raise
            return private, False
        return not public, True

    def missing(self, files: list[LocalFile]) -> list[LocalFile]:
        """The files that the repository has not, or has otherwise."""
        total, done, found = sum(file.size for file in files), 0, []
        for file in files:
            self._say("hashing", done=done, total=total)
            if not self._side.has(file):
                found.append(file)
            _ = file.sha256
            done += file.size
        return found

    def send(self, files: list[LocalFile]) -> None:
        """One file after the other; each is whole at the hub before the next begins."""
        total = sum(file.size for file in files)
        same = len(self._request["files"]) - len(files)
        self._say("sending", files=len(files), bytes=total, same=same)
        done = 0
        for number, file in enumerate(files, 1):
            with ticking(lambda before=done, file=file: self._tell(before, file)):
                self.patiently(lambda file=file: self._side.send(file), file.path)
            done += file.size
            self._say("bytes", done=done, part=[file.path, file.size, file.size])
            self._say("sent", file=file.path, size=file.size, number=number)

    def _tell(self, before: int, file: LocalFile) -> None:
        """Say how many bytes are on their way."""
        moved = min(self._side.moved(), file.size)
        self._say("bytes", done=before + moved, part=[file.path, moved, file.size])

    def patiently(self, ask: Callable[[], T], file: str = "") -> T:
        """What ``ask`` answers, asked again while a line or a server fails. Raises Failed."""
        tries = self._side.sends if file else _TRIES
        for attempt in range(1, tries + 1):
            try:
                return ask()
            except Failed as failure:
                raise Failed(failure.code, {**self._values, **failure.values}) from failure
            except Exception as error:  # whatever a client may raise becomes a named failure
                code, values = push_fault(error, self._request["hub"], self._request["repo"])
                if attempt == tries or not is_passing(code):
                    raise Failed(code, {**self._values, **values}) from error
                self._say("retry", file=file)
                time.sleep(0.5 * 2**attempt)
        raise AssertionError("asked not even once")


if __name__ == "__main__":
    leave(main())
