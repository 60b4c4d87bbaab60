"""The loopback hub, taking files too, as the two hubs' own clients bring them.

Hugging Face: ``GET /api/whoami-v2``, ``POST /api/repos/create``, ``/api/validate-yaml``,
``/api/models/ID/preupload/R``, ``/ID.git/info/lfs/objects/batch``, ``PUT`` of a file to the address
told there, ``POST /api/models/ID/commit/R``. ModelScope: ``GET /openapi/v1/users/me``, ``POST
/api/v1/login``, ``/api/v1/models``, ``/api/v1/repos/models/ID/info/lfs/objects/batch``, the same
``PUT``, ``POST /api/v1/repos/models/ID/commit/R``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from tests.hub.loopback_answers import Fault, Repo, Request, _Answers, _git_id
from tests.hub.loopback_hub import LoopbackHub

LFS_FROM = 1024  # bytes
_ID = r"(?P<repo>[^/]+/[^/]+?)"


class UploadHub(LoopbackHub):
    """``tokens`` are accounts by token; ``may_write`` the tokens that are not for reading only.
    ``blobs`` are files by sha256, whether a commit names them or not."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, str] = {}
        self.may_write: set[str] = set()
        self.private: dict[str, bool] = {}
        self.licenses: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.messages: list[str] = []
        self.received_bytes = 0
        self.on_request: Callable[[], None] = lambda: None
        self._server.RequestHandlerClass = type("Takes", (_Takes,), {"hub": self})

    def account(self, user: str, token: str, *, write: bool = True) -> None:
        """Let ``token`` be one of ``user``."""
        self.tokens[token] = user
        if write:
            self.may_write.add(token)

    def made(self, repo: str, *, private: bool) -> Repo:
        """An empty repository."""
        self.repos[repo] = Repo("model")
        self.private[repo] = private
        return self.repos[repo]

    def files(self, repo: str) -> dict[str, bytes]:
        return self.repos[repo].files

    def put(self, repo: str, path: str, data: bytes) -> None:
        self.repos[repo].files[path] = data
        self.repos[repo].commit = hashlib.sha1(f"{path}{len(data)}".encode()).hexdigest()


@contextmanager
def upload_hub() -> Iterator[UploadHub]:
    """A hub that lives as long as the block."""
    hub = UploadHub()
    try:
        yield hub
    finally:
        hub.close()


class _Takes(_Answers):
    hub: UploadHub  # type: ignore[assignment]

    def do_GET(self) -> None:
        self.hub.on_request()
        path = urlsplit(self.path).path
        if path == "/api/whoami-v2":
            self._note_request()
            auth = {"accessToken": {"displayName": "key", "role": "write"}}
            self._known(lambda user: {"name": user, "type": "user", "orgs": [], "auth": auth})
        elif path == "/openapi/v1/users/me":
            self._note_request()
            self._known(lambda user: {"success": True, "data": {"username": user}})
        else:
            super().do_GET()

    def do_PUT(self) -> None:
        self._take(self._blob)

    def do_POST(self) -> None:
        self._take(self._post)

    def _note_request(self) -> None:
        token = self.headers.get("Authorization") or ""
        self.hub.requests.append(Request(self.command, self.path, 0, token))

    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def _user(self) -> str | None:
        return self.hub.tokens.get(self._token())

    def _known(self, answer: Callable[[str], dict[str, Any]]) -> None:
        user = self._user()
        if user is None:
            self._json({"error": "Invalid credentials", "Message": "invalid"}, 401)
        else:
            self._json(answer(user))

    def _repo(self, match: dict[str, str]) -> Repo | None:
        hidden = self.hub.private.get(match["repo"]) and self._owner(match["repo"]) != self._user()
        return None if hidden else super()._repo(match)

    def _owner(self, repo: str) -> str:
        return repo.partition("/")[0]

    def _huggingface(self, match: dict[str, str], query: dict[str, str], fault: Any) -> None:
        sent = self._json
        private = self.hub.private.get(match["repo"], False)

        def with_privacy(value: Any, *rest: Any, **more: Any) -> None:
            sent({**value, "private": private} if "siblings" in value else value, *rest, **more)

        self._json = with_privacy  # type: ignore[method-assign]
        try:
            super()._huggingface(match, query, fault)
        finally:
            del self._json

    def _modelscope_info(self, match: dict[str, str], query: dict[str, str], fault: Any) -> None:
        if self._repo(match) is None:
            self._missing()
        else:
            private = self.hub.private.get(match["repo"], False)
            self._json({"success": True, "data": {"id": match["repo"], "private": private}})

    def _take(self, answer: Callable[[str, bytes], None]) -> None:
        """Read what is sent, or break off as a fault says, then answer."""
        self._note_request()
        self.hub.on_request()
        path = unquote(urlsplit(self.path).path)
        fault = self.hub.fault_for(self.path)
        body = self._read(int(self.headers.get("Content-Length") or 0), fault)
        if body is None:
            self.close_connection = True
            self.connection.close()
        elif fault and fault.status:
            self._json({"error": "fault", "Message": "fault"}, fault.status)
        else:
            answer(path, body)

    def _read(self, size: int, fault: Fault | None) -> bytes | None:
        """The body; None where it is broken off."""
        stop = size
        if fault and not fault.status:
            stop = next((end for end in (fault.cut_at, fault.hang) if end is not None), size)
        data = self.rfile.read(min(stop, size))
        if self.command == "PUT":
            self.hub.received_bytes += len(data)
        if stop >= size:
            return data
        if fault and fault.hang is not None:
            self.hub.closing.wait()
        return None

    def _blob(self, path: str, body: bytes) -> None:
        sha = path.rsplit("/", 1)[1]
        if hashlib.sha256(body).hexdigest() != sha:
            self._json({"error": "wrong bytes"}, 400)
            return
        self.hub.blobs[sha] = body
        self._json({})

    def _post(self, path: str, body: bytes) -> None:
        if path == "/api/v1/login":
            self._modelscope_login(json.loads(body)["AccessToken"])
        elif self._user() is None:
            self._json({"error": "Invalid credentials", "Message": "invalid"}, 401)
        elif path == "/api/validate-yaml":
            self._validate(json.loads(body)["content"])
        elif path in ("/api/repos/create", "/api/v1/models"):
            self._create(json.loads(body))
        else:
            self._into_repo(path, body)

    def _modelscope_login(self, token: str) -> None:
        user = self.hub.tokens.get(token)
        if user is None:
            self._json({"Code": 10010103009, "Message": "invalid"}, 400)
            return
        data = {"AccessToken": f"git-{token}", "Username": user, "Email": ""}
        cookie = f"m_session_id={token}; Path=/; Max-Age=999999"
        self._json({"Code": 200, "Data": data}, 200, {"Set-Cookie": cookie})

    def _validate(self, content: str) -> None:
        front = yaml.safe_load(content.split("---")[1])
        wrong = [k for k in ("license", "library_name") if not isinstance(front.get(k, ""), str)]
        self._json({"warnings": [], "errors": [{"message": name} for name in wrong]})

    def _create(self, asked: dict[str, Any]) -> None:
        owner = asked.get("organization") or asked.get("Path") or self._user()
        repo = f"{owner}/{asked.get('name') or asked.get('Name')}"
        if repo in self.hub.repos:
            body = {"error": "exists", "Code": 10010101001, "Message": "already exists"}
            self._json(body, 409 if "organization" in asked else 400)
        elif owner != self._user() or self._token() not in self.hub.may_write:
            self._json({"error": "forbidden", "Message": "no permission"}, 403)
        else:
            private = asked.get("visibility") == "private" or asked.get("Visibility") == 1
            self.hub.made(repo, private=private)
            self.hub.licenses[repo] = asked.get("License", "")
            url = f"{self.hub.address}/{repo}"
            self._json({"url": url, "Code": 200, "Data": {"Name": repo}})

    def _into_repo(self, path: str, body: bytes) -> None:
        for pattern, answer in (
            (rf"/api/models/{_ID}/preupload/[^/]+", self._preupload),
            (rf"/{_ID}\.git/info/lfs/objects/batch", self._batch),
            (rf"/api/v1/repos/models/{_ID}/info/lfs/objects/batch", self._batch),
            (rf"/api/models/{_ID}/commit/[^/]+", self._huggingface_commit),
            (rf"/api/v1/repos/models/{_ID}/commit/[^/]+", self._modelscope_commit),
        ):
            match = re.fullmatch(pattern, path)
            if not match:
                continue
            repo = match["repo"]
            if repo not in self.hub.repos:
                self._missing()
            elif self._owner(repo) != self._user() or self._token() not in self.hub.may_write:
                self._json({"error": "forbidden", "Message": "no permission"}, 403)
            else:
                answer(repo, body)
            return
        self._missing()

    def _preupload(self, repo: str, body: bytes) -> None:
        files = []
        for file in json.loads(body)["files"]:
            large = file["size"] >= LFS_FROM
            held = self.hub.files(repo).get(file["path"])
            oid = None
            if held is not None:
                oid = hashlib.sha256(held).hexdigest() if large else _git_id(held)
            mode = "lfs" if large else "regular"
            files.append(
                {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid}
            )
        self._json({"files": files})

    def _batch(self, repo: str, body: bytes) -> None:
        objects = []
        for asked in json.loads(body)["objects"]:
            found = {"oid": asked["oid"], "size": asked["size"]}
            if asked["oid"] not in self.hub.blobs:
                address = f"{self.hub.address}/put/{asked['oid']}"
                found["actions"] = {"upload": {"href": address}}
            objects.append(found)
        self._json({"objects": objects, "transfer": "basic", "Data": {"objects": objects}})

    def _huggingface_commit(self, repo: str, body: bytes) -> None:
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                self.hub.messages.append(value["summary"])
            elif item["key"] == "file":
                self.hub.put(repo, value["path"], base64.b64decode(value["content"]))
            else:
                self.hub.put(repo, value["path"], self.hub.blobs[value["oid"]])
        oid = self.hub.repos[repo].commit
        url = f"{self.hub.address}/{repo}/commit/{oid}"
        self._json({"commitUrl": url, "commitOid": oid, "pullRequestUrl": None})

    def _modelscope_commit(self, repo: str, body: bytes) -> None:
        asked = json.loads(body)
        self.hub.messages.append(asked["commit_message"])
        for action in asked["actions"]:
            if action["type"] == "lfs":
                data = self.hub.blobs[action["sha256"]]
            else:
                data = base64.b64decode(action["content"])
            assert len(data) == action["size"]
            self.hub.put(repo, action["path"], data)
        self._json({"Code": 200, "Success": True, "Data": {"oid": self.hub.repos[repo].commit}})
