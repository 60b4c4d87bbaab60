"""Publishing on Hugging Face through its own client. Imports huggingface_hub: only the publishing
process imports this module.

Files are sent one by one (``preupload_lfs_files``) and appear together, by one commit. What the hub
has already is not sent again: chunks by its xet storage, whole files where that is switched off.
"""

from __future__ import annotations

from huggingface_hub import CommitOperationAdd, HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from engine.hub.child_side import Failed
from engine.hub.endpoints import endpoint
from engine.publish.local_file import LocalFile
from engine.publish.read_so_far import read_so_far

_SHA256 = 64  # hexadecimal digits; files that git holds itself are known by a sha1


class HuggingFacePush:
    """One repository on Hugging Face."""

    sends = 1  # for the client itself sends a file six times

    def __init__(self, repo: str, license: str | None) -> None:
        self._repo = repo
        self._api = HfApi()
        self._remote: dict[str, str] = {}
        self._operations: list[CommitOperationAdd] = []
        self._sending = ""
        self.url = f"{endpoint('huggingface')}/{repo}"

    def account(self) -> str:
        """Who is logged in. Raises Failed ``publish.no_token`` and the client's errors."""
        if not get_token():
            raise Failed("publish.no_token_huggingface", {})
        return str(self._api.whoami()["name"])

    def look(self) -> bool | None:
        """Whether the repository is private; None where there is none to be seen."""
        try:
            info = self._api.model_info(self._repo, files_metadata=True)
        except RepositoryNotFoundError:
            return None
        for file in info.siblings or []:
            self._remote[file.rfilename] = file.lfs.sha256 if file.lfs else file.blob_id or ""
        return bool(info.private)

    def create(self, *, public: bool) -> None:
        """Make the repository. Raises Failed ``publish.name_taken``."""
        try:
            self._api.create_repo(self._repo, private=not public)
        except HfHubHTTPError as error:
            if error.response is not None and error.response.status_code == 409:
                raise Failed("publish.name_taken", {}) from error
            raise

    def has(self, file: LocalFile) -> bool:
        """Whether the very same file is there already."""
        known = self._remote.get(file.path)
        if not known:
            return False
        return known == (file.sha256 if len(known) == _SHA256 else file.git_id)

    def send(self, file: LocalFile) -> None:
        """Bring the bytes of ``file`` to the hub's storage; small ones go with the commit."""
        operation = CommitOperationAdd(path_in_repo=file.path, path_or_fileobj=file.local)
        operation.upload_info.sha256 = bytes.fromhex(file.sha256)
        self._sending = file.local
        try:
            self._api.preupload_lfs_files(self._repo, [operation], free_memory=False)
        finally:
            self._sending = ""
        self._operations.append(operation)

    def moved(self) -> int:
        """Bytes of the file in hand that are on their way."""
        return read_so_far(self._sending) if self._sending else 0

    def commit(self, message: str) -> str:
        """Let all that was sent appear. Returns the commit."""
        made = self._api.create_commit(self._repo, self._operations, commit_message=message)
        return str(made.oid)
