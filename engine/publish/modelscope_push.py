"""Publishing on ModelScope through its own client. Imports modelscope_hub: only the publishing
process imports this module.

The client's ``upload_folder`` is not used, but what it is made of: it would make a missing
repository itself, a public one under Apache-2.0, hides from its caller why a file failed, and
believes its own notes rather than the hub about what is there.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import BinaryIO

from modelscope_hub import HubApi
from modelscope_hub._upload import _upload_mode
from modelscope_hub.errors import AlreadyExistsError, NotExistError

from engine.hub.child_side import Failed
from engine.hub.endpoints import endpoint
from engine.publish.local_file import LocalFile

_CHUNK = 2**20  # bytes


class _Counted:
    """A file that says how much of it was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(_CHUNK if size < 0 else min(size, _CHUNK))
        self.count += len(data)
        return data


class ModelScopePush:
    """One repository on ModelScope."""

    sends = 4  # the client sends a file once

    def __init__(self, repo: str, license: str | None) -> None:
        self._repo, self._license = repo, license
        self._api = HubApi()
        self._remote: dict[str, str] = {}
        self._operations: list[dict[str, object]] = []
        self._stream: _Counted | None = None
        self.url = f"{endpoint('modelscope')}/models/{repo}"

    def account(self) -> str:
        """Who is logged in. Raises Failed ``publish.no_token`` and the client's errors."""
        if self._api.get_cookies() is None:
            raise Failed("publish.no_token_modelscope", {})
        return str(self._api.whoami().username or "")

    def look(self) -> bool | None:
        """Whether the repository is private; None where there is none to be seen."""
        try:
            info = self._api.get_repo(self._repo, "model")
        except NotExistError:
            return None
        try:
            entries = self._api.legacy.list_repo_files(self._repo, "model", "master")
        except NotExistError:  # made, but nothing in it
            entries = []
        self._remote = {e["Path"]: e.get("Sha256") or "" for e in entries if e.get("Path")}
        return info.private is True or info.visibility == 1

    def create(self, *, public: bool) -> None:
        """Make the repository. Raises Failed ``publish.name_taken``."""
        visibility = "public" if public else "private"
        # Without a licence the client would write Apache-2.0.
        licence = self._license or "other"
        try:
            self._api.create_repo(self._repo, "model", visibility=visibility, license=licence)
        except AlreadyExistsError as error:
            raise Failed("publish.name_taken", {}) from error

    def has(self, file: LocalFile) -> bool:
        """Whether the very same file is there already."""
        return self._remote.get(file.path) == file.sha256

    def send(self, file: LocalFile) -> None:
        """Bring the bytes of ``file`` to the hub's storage; small ones go with the commit."""
        large = _upload_mode(file.path, file.size, "model") == "lfs"
        if large:
            self._send_blob(file)
        content = "" if large else base64.b64encode(Path(file.local).read_bytes()).decode()
        operation = {
            "action": "create",
            "path": file.path,
            "type": "lfs" if large else "normal",
            "size": file.size,
            "sha256": file.sha256 if large else "",
            "content": content,
            "encoding": "" if large else "base64",
        }
        self._operations.append(operation)

    def _send_blob(self, file: LocalFile) -> None:
        wanted = [{"oid": file.sha256, "size": file.size}]
        address = self._api.legacy.validate_blobs(self._repo, "model", wanted).get(file.sha256)
        if address is None:  # the hub has these bytes
            return
        try:
            with open(file.local, "rb") as opened:
                self._stream = _Counted(opened)
                self._api.legacy.upload_blob(address, self._stream, file.size)
        finally:
            self._stream = None

    def moved(self) -> int:
        """Bytes of the file in hand that are on their way."""
        stream = self._stream
        return stream.count if stream else 0

    def commit(self, message: str) -> str:
        """Let all that was sent appear. Returns the commit, as far as the hub names it."""
        made = self._api.legacy.create_commit(self._repo, "model", self._operations, message)
        named = made if isinstance(made, dict) else {}
        return str(next((named[key] for key in ("oid", "commit_id", "Id") if named.get(key)), ""))
