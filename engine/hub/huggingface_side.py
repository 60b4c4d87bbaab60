"""Listing and fetching from Hugging Face through its own client. Imports huggingface_hub: only the
fetching process imports this module.

The client keeps no partial file when it ends (huggingface_hub 2.4 names each try's file anew and
removes it), so on a line that breaks a 5 GB shard starts over for ever. Files of large-file storage
are therefore fetched with the client's own ``http_get``, which can resume, into the cache's blob
under the client's own lock; all the rest (names, links, files in git, the final look) is the
client's. It checks sizes only; here the checksum of every file is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url, snapshot_download
from huggingface_hub.file_download import http_get, repo_folder_name
from huggingface_hub.utils import WeakFileLock, build_hf_headers

from engine.hub.choose import RemoteFile
from engine.hub.faults import begins_behind_the_end

_MOST_BY_HTTP = constants.MAX_HTTP_DOWNLOAD_SIZE  # beyond it only the client's xet path works
_CHUNK = 2**16  # bytes: what a break may lose
_LEAST_PART = 2**16  # bytes: less may be a page or a pointer that came instead of the file


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
        self.about: dict[str, Any] = {}

    def files(self) -> list[RemoteFile]:
        """All files of the repository at the commit that now is ``revision``."""
        ask = HfApi().dataset_info if self._kind == "dataset" else HfApi().model_info
        info = ask(self._repo, revision=self._asked, files_metadata=True)
        self.revision = info.sha or self._asked or "main"
        self.about = about(info)
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
        pointer = self._pointer(file)
        if pointer.exists():
            if pointer.stat().st_size == file.size:
                return
            self._forget(file)
        if file.sha256 and file.size <= _MOST_BY_HTTP:
            self._fetch_blob(file)
        with _size_named(file.path):
            hf_hub_download(self._repo, file.path, repo_type=self._kind, revision=self.revision)
        if not self._is_sound(file):
            self._forget(file)
            raise Damaged(file.path)

    def _is_sound(self, file: RemoteFile) -> bool:
        """Whether what came is of the size and, if in git, of the name that the hub told."""
        path, known = self._pointer(file), self._etags.get(file.path)
        if path.stat().st_size != file.size:
            return False
        return bool(file.sha256) or not known or _git_name(path) == known

    def _forget(self, file: RemoteFile) -> None:
        """Take away a copy that is not what the hub has."""
        pointer = self._pointer(file)
        pointer.resolve().unlink(missing_ok=True)
        pointer.unlink(missing_ok=True)

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
            try:
                self._go_on(file, partial)
            except Damaged:
                if not _LEAST_PART < partial.stat().st_size < file.size:
                    partial.unlink()
                raise
            if _sha256(partial) != file.sha256:
                partial.unlink()
                raise Damaged(file.path)
            os.replace(partial, blob)

    def _go_on(self, file: RemoteFile, partial: Path) -> None:
        with partial.open("ab", buffering=0) as target, _size_named(file.path):
            if target.tell() == file.size:
                return  # an end came between its last byte and its new name
            http_get(
                hf_hub_url(self._repo, file.path, repo_type=self._kind, revision=self.revision),
                target,
                resume_size=target.tell(),
                headers={**build_hf_headers(), "Accept-Encoding": "identity"},
                expected_size=file.size,
                displayed_filename=file.path,
            )
            os.fsync(target.fileno())

    def _pointer(self, file: RemoteFile) -> Path:
        return self._root / "snapshots" / self.revision / file.path

    def _blob(self, file: RemoteFile) -> Path:
        return self._root / "blobs" / (self._etags.get(file.path) or "-")

    def _partial(self, file: RemoteFile) -> Path:
        blob = self._blob(file)
        return blob.with_name(f"{blob.name}.incomplete")


@contextmanager
def _size_named(path: str) -> Iterator[None]:
    """Raise Damaged for what the client says of a file that ends at another size than was said."""
    try:
        yield
    except Exception as error:
        its_own_words = type(error) is OSError and error.errno is None
        if its_own_words or begins_behind_the_end(error):
            raise Damaged(path) from error
        raise


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(8 * 2**20):
            digest.update(block)
    return digest.hexdigest()


def _git_name(path: Path) -> str:
    """The name git gives a file: its SHA-1 with a heading."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    digest.update(path.read_bytes())
    return digest.hexdigest()


def about(info: Any) -> dict[str, Any]:
    """What the hub says of a repository, as an offer has it."""
    card, weights = getattr(info, "card_data", None), getattr(info, "safetensors", None)
    tagged = [tag[8:] for tag in info.tags or [] if tag.startswith("license:")]
    gated = getattr(info, "gated", None)
    return {
        "license": (card.get("license") if card else None) or next(iter(tagged), None),
        "gated": None if gated is None else bool(gated),
        "parameters": weights.total if weights else None,
        "downloads": info.downloads,
    }


def _literal(path: str) -> str:
    """``path`` as a pattern that matches itself alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)
