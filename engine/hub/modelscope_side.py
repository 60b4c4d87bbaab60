"""Listing and fetching from ModelScope through its own client. Imports modelscope_hub: only the
fetching process imports this module."""

from __future__ import annotations

import contextlib
import glob
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelscope_hub import HubApi, constants

from engine.hub.caches import modelscope_cache, older_modelscope_copies
from engine.hub.choose import RemoteFile
from engine.hub.faults import begins_behind_the_end

_PARALLEL_FROM: int = getattr(constants, "DOWNLOAD_PARALLEL_THRESHOLD", 2**62)
# Bytes: what a break may lose. The setting is in whole MiB, and a client without it keeps its own.
with contextlib.suppress(ImportError):
    _settings = importlib.import_module("modelscope_hub._download").__dict__
    _settings["DOWNLOAD_CHUNK_SIZE"] = 2**16


class Damaged(Exception):
    """What is here of a file is not what the hub has. Named so that faults know it."""


class ModelScopeSide:
    """One repository on ModelScope and its copy in ModelScope's cache. The client itself resumes
    partial files (``<name>.incomplete``) and checks their sha256."""

    def __init__(self, repo: str, kind: str, revision: str | None) -> None:
        self._repo, self._kind = repo, kind
        self.revision = revision or "master"
        self.cache = modelscope_cache()
        self._api = HubApi()
        # Where the person named no address the client looks at modelscope.cn, then modelscope.ai.
        self._api = HubApi(endpoint=self._api.resolve_endpoint_for_read(repo, repo_type=kind))
        self._folder: Path | None = None
        self.about: dict[str, Any] = {}

    def files(self) -> list[RemoteFile]:
        """All files of the repository. Raises the client's errors."""
        raw = self._api.legacy.list_repo_files(self._repo, self._kind, self.revision)
        self.commit = _newest_commit(raw)
        return [
            RemoteFile(entry["Path"], int(entry.get("Size") or 0), entry.get("Sha256") or None)
            for entry in raw
            if (entry.get("Type") or "blob") != "tree" and entry.get("Path")
        ]

    def held(self, file: RemoteFile) -> int:
        """Bytes of ``file`` that are here, whole or partial."""
        target = self.folder / file.path
        for path in (target, self._partial(file)):
            try:
                return min(path.stat().st_size, file.size)
            except OSError:
                continue
        if file.size > _PARALLEL_FROM:
            return min(sum(_sizes(target)), file.size)
        return 0

    def fetch(self, file: RemoteFile) -> None:
        """Bring ``file`` here, from where a former try ended. Raises the client's errors."""
        try:
            self._api.downloader.download_file(
                self._repo,
                self._kind,
                file.path,
                revision=self.revision,
                expected_sha256=file.sha256,
                file_size=file.size,
            )
        except Exception as error:  # the clients' errors share no class
            if begins_behind_the_end(error):
                self._partial(file).unlink(missing_ok=True)  # it is not the hub's: from the start
                raise Damaged(file.path) from error
            raise

    def _partial(self, file: RemoteFile) -> Path:
        target = self.folder / file.path
        return target.with_suffix(target.suffix + ".incomplete")

    @property
    def folder(self) -> Path:
        """Where the client puts the files: its present layout, or an older copy it still uses."""
        if self._folder is None:
            older = next(older_modelscope_copies(self._repo, self._kind), None)
            root = self.cache / f"{self._kind}s" / self._repo.replace("/", "--")
            self._folder = older or root / "snapshots" / self.revision
        return self._folder

    def finish(self, files: list[RemoteFile]) -> tuple[Path, str]:
        """The whole folder and its revision: the commit where the listing tells one."""
        return self.folder, self.commit or self.revision


def _sizes(target: Path) -> Iterator[int]:
    """Sizes of the parts in which the client fetches a large file, where the person set it so."""
    for part in target.parent.glob(f"{glob.escape(target.name)}_[0-9]*_[0-9]*"):
        with contextlib.suppress(OSError):  # merged meanwhile
            yield part.stat().st_size


def _newest_commit(entries: list[dict[str, Any]]) -> str | None:
    """The last commit that touched a listed file: as near to the branch's head as the API tells."""
    dated = [
        (int(entry.get("CommittedDate") or 0), str(entry["Revision"]))
        for entry in entries
        if entry.get("Revision")
    ]
    return max(dated)[1] if dated else None
