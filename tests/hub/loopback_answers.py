"""How the loopback hub answers each address of the two APIs."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

_LFS_FROM = 1024  # bytes
_COMMIT = "1234567890abcdef1234567890abcdef12345678"


@dataclass
class Fault:
    """What goes wrong with requests whose address contains ``where`` (several texts between ``#``:
    all of them), ``times`` times.

    ``cut_at``: the connection closes after that many bytes of the file (counted from its start, so
    a resumed request passes it). ``status``: that answer instead, with ``retry_after`` seconds in
    its heading. ``corrupt``: one byte is wrong. ``hang``: no more than ``hang`` bytes come, and the
    connection stays open until the hub closes. ``length``: the file is said and sent that many
    bytes longer (shorter below 0) than it is. ``whole``: a range that was asked for is ignored.
    ``instead``: these bytes come as if they were the file.
    """

    where: str
    times: int = 1
    cut_at: int | None = None
    status: int | None = None
    error_code: str = ""
    corrupt: bool = False
    hang: int | None = None
    retry_after: int | None = None
    length: int = 0
    whole: bool = False
    instead: bytes | None = None


@dataclass
class Request:
    """One request the hub was sent; ``start`` is the first byte a range asked for."""

    method: str
    path: str
    start: int
    token: str


@dataclass
class Repo:
    kind: str
    files: dict[str, bytes] = field(default_factory=dict)
    revisions: tuple[str, ...] = ("main", "master")
    commit: str = _COMMIT
    license: str | None = None
    gated: bool = False
    parameters: int | None = None
    downloads: int = 0
    xet: bool = False


class Shelves(Protocol):
    """What the answers need of the hub."""

    address: str
    repos: dict[str, Repo]
    requests: list[Request]
    sent_bytes: int
    bytes_per_second: float | None
    members: set[str]
    closing: threading.Event

    def fault_for(self, path: str) -> Fault | None: ...


def answers_of(hub: Shelves) -> type[BaseHTTPRequestHandler]:
    """A request handler that answers for ``hub``."""
    return type("Answers", (_Answers,), {"hub": hub})


_HF_API = re.compile(r"/api/(?P<kind>model|dataset)s/(?P<repo>[^/]+/[^/]+?)(?:/(?P<rest>.*))?")
_HF_FILE = re.compile(
    r"/(?:(?P<kind>dataset)s/)?(?P<repo>[^/]+/[^/]+)/resolve/(?P<rev>[^/]+)/(?P<file>.+)"
)
_MS_API = re.compile(r"/api/v1/(?P<kind>model|dataset)s/(?P<repo>[^/]+/[^/]+)/(?P<rest>.+)")
_MS_OPEN = re.compile(r"/openapi/v1/(?P<kind>model|dataset)s/(?P<repo>[^/]+/[^/]+)")
_HF_LIST = re.compile(r"/api/(?P<kind>model|dataset)s")
_MS_LIST = re.compile(r"/openapi/v1/(?P<kind>model|dataset)s")


class _Answers(BaseHTTPRequestHandler):
    hub: Shelves
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        return

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        given = self.headers.get("Range") or ""
        found = re.match(r"bytes=(\d+)-(\d*)", given)
        self.start = int(found[1]) if found else 0
        token = self.headers.get("Authorization") or ""
        self.hub.requests.append(Request(self.command, self.path, self.start, token))
        fault = self.hub.fault_for(self.path)
        if fault and fault.status:
            headers = {"X-Error-Code": fault.error_code} if fault.error_code else {}
            if fault.retry_after is not None:
                headers["Retry-After"] = str(fault.retry_after)
            self._json({"error": "fault", "Message": "fault"}, fault.status, headers)
            return
        address = urlsplit(self.path)
        path = unquote(address.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        for pattern, answer in (
            (_MS_LIST, self._modelscope_list),
            (_HF_LIST, self._huggingface_list),
            (_MS_OPEN, self._modelscope_info),
            (_MS_API, self._modelscope),
            (_HF_FILE, self._huggingface_file),
            (_HF_API, self._huggingface),
        ):
            match = pattern.fullmatch(path)
            if match:
                answer(match.groupdict(), query, fault)
                return
        if path.startswith("/lfs/"):
            self._signed(path.rsplit("/", 1)[1], fault)
        elif path == "/":
            self._json({})
        else:
            self._missing()

    def _repo(self, match: dict[str, str]) -> Repo | None:
        repo = self.hub.repos.get(match["repo"])
        return repo if repo and repo.kind == (match["kind"] or "model") else None

    def _missing(self, code: str = "RepoNotFound") -> None:
        self._json({"error": "not found", "Message": "not found"}, 404, {"X-Error-Code": code})

    def _closed(self, repo: Repo) -> bool:
        """Whether the repository is for those who agreed to its terms, and who asks is not."""
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        cookie = re.search(r"m_session_id=([^;]+)", self.headers.get("Cookie") or "")
        asking = {token, cookie[1] if cookie else ""}
        return repo.gated and not asking & self.hub.members

    def _refused(self) -> None:
        self._json({"error": "gated", "Message": "gated"}, 403, {"X-Error-Code": "GatedRepo"})

    def _listed(self, match: dict[str, str], word: str, most: str) -> list[tuple[str, Repo]]:
        repos = sorted(self.hub.repos.items(), key=lambda item: -item[1].downloads)
        found = [
            (name, repo)
            for name, repo in repos
            if repo.kind == match["kind"] and word.lower() in name.lower()
        ]
        return found[: int(most)]

    def _huggingface_list(
        self, match: dict[str, str], query: dict[str, str], fault: Fault | None
    ) -> None:
        listed = self._listed(match, query.get("search", ""), query.get("limit", "99"))
        self._json([_card(name, repo) for name, repo in listed])

    def _modelscope_list(
        self, match: dict[str, str], query: dict[str, str], fault: Fault | None
    ) -> None:
        listed = self._listed(match, query.get("search", ""), query.get("page_size", "10"))
        entries = [
            {"id": name, "license": repo.license, "gated": repo.gated, "downloads": repo.downloads}
            for name, repo in listed
        ]
        data = {f"{match['kind']}s": entries, "total_count": len(entries)}
        self._json({"success": True, "data": data})

    def _huggingface(
        self, match: dict[str, str], query: dict[str, str], fault: Fault | None
    ) -> None:
        repo = self._repo(match)
        what, _, revision = (match["rest"] or "").partition("/")
        if repo is None:
            self._missing()
        elif revision and revision not in (*repo.revisions, repo.commit):
            self._missing("RevisionNotFound")
        elif what == "tree":
            self._json([self._tree_entry(name, data) for name, data in repo.files.items()])
        else:
            siblings = [
                {**self._tree_entry(name, data), "rfilename": name, "blobId": _git_id(data)}
                for name, data in repo.files.items()
            ]
            card = _card(match["repo"], repo)
            if repo.parameters:
                weights = {"parameters": {"BF16": repo.parameters}, "total": repo.parameters}
                card["safetensors"] = weights
            self._json({**card, "siblings": siblings})

    def _tree_entry(self, name: str, data: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "type": "file",
            "path": name,
            "size": len(data),
            "oid": _git_id(data),
        }
        if len(data) >= _LFS_FROM:
            sha = hashlib.sha256(data).hexdigest()
            entry["lfs"] = {"oid": sha, "sha256": sha, "size": len(data), "pointerSize": 130}
        return entry

    def _huggingface_file(
        self, match: dict[str, str], query: dict[str, str], fault: Fault | None
    ) -> None:
        repo = self._repo(match)
        data = repo.files.get(match["file"]) if repo else None
        if repo is None or data is None:
            self._missing("RepoNotFound" if repo is None else "EntryNotFound")
            return
        if self._closed(repo):
            self._refused()
            return
        headers = {"X-Repo-Commit": repo.commit, "ETag": f'"{_git_id(data)}"'}
        if len(data) < _LFS_FROM:
            self._bytes(data, headers, fault)
            return
        sha = hashlib.sha256(data).hexdigest()
        headers |= {"X-Linked-Etag": f'"{sha}"', "X-Linked-Size": str(len(data))}
        if repo.xet:  # as of every large file of the real hub: its client may fetch it otherwise
            route = f"{self.hub.address}/api/models/{match['repo']}/xet-read-token/{repo.commit}"
            headers |= {"X-Xet-Hash": sha, "X-Xet-Refresh-Route": route}
        # Another host name: redirects within a hub are followed otherwise than those to storage.
        storage = self.hub.address.replace("127.0.0.1", "localhost")
        headers["Location"] = (
            f"{storage}/lfs/{match['file']}/{sha}?signature=secret&of={match['repo']}"
        )
        self._json({}, 302, headers)

    def _signed(self, sha: str, fault: Fault | None) -> None:
        for repo in self.hub.repos.values():
            for data in repo.files.values():
                if hashlib.sha256(data).hexdigest() == sha:
                    self._bytes(data, {"ETag": f'"{sha}"'}, fault)
                    return
        self._missing()

    def _modelscope_info(
        self, match: dict[str, str], query: dict[str, str], fault: Fault | None
    ) -> None:
        if self._repo(match) is None:
            self._missing()
        else:
            self._json({"success": True, "data": {"id": match["repo"]}})

    def _modelscope(
        self, match: dict[str, str], query: dict[str, str], fault: Fault | None
    ) -> None:
        repo = self._repo(match)
        if repo is None or query.get("Revision", "master") not in (*repo.revisions, repo.commit):
            self._missing()
        elif match["rest"] in ("repo/files", "repo/tree"):
            files = [
                {
                    "Path": name,
                    "Name": name.rsplit("/", 1)[-1],
                    "Type": "blob",
                    "Size": len(data),
                    "Sha256": hashlib.sha256(data).hexdigest(),
                    "Revision": repo.commit,
                    "CommittedDate": 1_700_000_000,
                }
                for name, data in repo.files.items()
            ]
            self._json({"Code": 200, "Success": True, "Data": {"Files": files}})
        elif match["rest"] == "repo" and self._closed(repo):
            self._refused()
        elif match["rest"] == "repo" and query.get("FilePath") in repo.files:
            self._bytes(repo.files[query["FilePath"]], {}, fault)
        else:
            self._missing()

    def _bytes(self, data: bytes, headers: dict[str, str], fault: Fault | None) -> None:
        """Send ``data`` from where the request asks, breaking off as ``fault`` says."""
        if fault and fault.instead is not None:
            data = fault.instead
        elif fault and fault.length:
            data = (data + bytes(max(0, fault.length)))[: len(data) + fault.length]
        if fault and fault.whole:
            self.start = 0
        size = len(data)
        if self.start >= size > 0:
            self._json({}, 416, {"Content-Range": f"bytes */{size}"})
            return
        if fault and fault.corrupt:
            data = bytes([data[0] ^ 255]) + data[1:]
        ranged = "Range" in self.headers and not (fault and fault.whole)
        self.send_response(206 if ranged else 200)
        if ranged:
            headers["Content-Range"] = f"bytes {self.start}-{size - 1}/{size}"
        headers |= {"Content-Length": str(size - self.start), "Accept-Ranges": "bytes"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        stop = size
        if fault:
            stop = next((end for end in (fault.cut_at, fault.hang) if end is not None), size)
        self._body(data[self.start : max(self.start, stop)])
        if stop < size:
            if fault and fault.hang is not None:
                self.hub.closing.wait()
            self.close_connection = True
            self.connection.close()

    def _body(self, data: bytes) -> None:
        step = 64 * 1024
        for offset in range(0, len(data), step):
            part = data[offset : offset + step]
            try:
                self.wfile.write(part)
                self.wfile.flush()
            except OSError:  # the client has gone
                self.close_connection = True
                return
            self.hub.sent_bytes += len(part)
            if self.hub.bytes_per_second:
                time.sleep(len(part) / self.hub.bytes_per_second)

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _card(name: str, repo: Repo) -> dict[str, Any]:
    """A repository as Hugging Face lists it."""
    return {
        "id": name,
        "modelId": name,
        "sha": repo.commit,
        "tags": [f"license:{repo.license}"] if repo.license else [],
        "gated": "manual" if repo.gated else False,
        "downloads": repo.downloads,
    }


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
