"""Listing and fetching from Hugging Face through its own client. Imports huggingface_hub: only the
fetching process imports this module.

The client keeps no partial file when it ends (huggingface_hub 2.4 names each try's file anew and
removes it), so on a line that breaks a 5 GB shard starts over for ever. Big files are therefore
fetched with the client's own ``http_get``, which can resume, into the cache's blob under the
client's own lock; all the rest (names, links, small files, the final check) is the client's.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url, snapshot_download
from huggingface_hub.file_download import http_get, repo_folder_name
from huggingface_hub.utils import WeakFileLock, build_hf_headers

from engine.hub.choose import RemoteFile

_BIG = 8 * 2**20  # bytes: below this a file is quicker fetched again than resumed
_MOST_BY_HTTP = constants.MAX_HTTP_DOWNLOAD_SIZE  # beyond it only the client's xet path works
_CHUNK = 2**20  # bytes: what a break may lose, and how finely progress is seen


class Damaged(Exception):
    """A file came whole, but is not what the hub says it is. Named so that faults know it."""


class HuggingFaceSide:
    """One repository on Hugging Face and its copy in Hugging Face's cache."""

    def __init__(self, repo: str, kind: str, revision: str | None) -> None:
        constants.DOWNLOAD_CHUNK_SIZE = _CHUNK
        self._repo, self._kind, self._asked = repo, kind, revision
        self._root = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type=kind)
        self.cache = Path(constants.HF_HUB_CACHE)
        self.revision = ""
        self._etags: dict[str, str] = {}

    def files(self) -> list[RemoteFile]:
        """All files of the repository at the commit that now is ``revision``."""
        ask = HfApi().dataset_info if self._kind == "dataset" else HfApi().model_info
        info = ask(self._repo, revision=self._asked, files_metadata=True)
        self.revision = info.sha or self._asked or "main"
        found = []
        for file in info.siblings or []:
            sha256 = file.lfs.sha256 if file.lfs else None
            self._etags[file.rfilename] = sha256 or file.blob_id or ""
            found.append(RemoteFile(file.rfilename, file.size or 0, sha256))
        return found

    def held(self, file: RemoteFile) -> int:
        """Bytes of ``file`` that are here, whole or partial."""
        for path in (self._pointer(file), self._blob(file), self._partial(file)):
            try:
                return min(path.stat().st_size, file.size)
            except OSError:
                continue
        return 0

    def fetch(self, file: RemoteFile) -> None:
        """Bring ``file`` here, from where a try ended. Raises the client's errors, Damaged."""
        if self._pointer(file).exists():
            return
        if file.sha256 and _BIG <= file.size <= _MOST_BY_HTTP:
            self._fetch_blob(file)
        hf_hub_download(self._repo, file.path, repo_type=self._kind, revision=self.revision)

    def finish(self, files: list[RemoteFile]) -> tuple[Path, str]:
        """The whole folder and its commit, after the client itself has looked it through (which
        also lets the branch's name point at the commit)."""
        snapshot_download(
            self._repo,
            repo_type=self._kind,
            revision=self._asked,
            allow_patterns=[_literal(file.path) for file in files],
        )
        return self._root / "snapshots" / self.revision, self.revision

    def _fetch_blob(self, file: RemoteFile) -> None:
        blob, partial = self._blob(file), self._partial(file)
        lock = self.cache / ".locks" / self._root.name / f"{blob.name}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        blob.parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(lock):
            if blob.exists():
                return
            if partial.exists() and partial.stat().st_size > file.size:
                partial.unlink()
            with partial.open("ab", buffering=0) as target:
                http_get(
                    hf_hub_url(self._repo, file.path, repo_type=self._kind, revision=self.revision),
                    target,
                    resume_size=target.tell(),
                    headers=build_hf_headers(),
                    expected_size=file.size,
                    displayed_filename=file.path,
                )
                os.fsync(target.fileno())
            if _sha256(partial) != file.sha256:
                partial.unlink()
                raise Damaged(file.path)
            os.replace(partial, blob)

    def _pointer(self, file: RemoteFile) -> Path:
        return self._root / "snapshots" / self.revision / file.path

    def _blob(self, file: RemoteFile) -> Path:
        return self._root / "blobs" / (self._etags.get(file.path) or "-")

    def _partial(self, file: RemoteFile) -> Path:
        blob = self._blob(file)
        return blob.with_name(f"{blob.name}.incomplete")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(8 * 2**20):
            digest.update(block)
    return digest.hexdigest()


def _literal(path: str) -> str:
    """``path`` as a pattern that matches itself alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)
