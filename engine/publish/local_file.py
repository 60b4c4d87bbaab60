"""A file that is about to be sent, with the digests by which the hubs know what they have."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

_BLOCK = 8 * 2**20  # bytes


@dataclass(frozen=True)
class LocalFile:
    """``path`` in the repository, ``local`` on this machine; size in bytes."""

    path: str
    local: str
    size: int

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        with open(self.local, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    @cached_property
    def git_id(self) -> str:
        """The sha1 by which git names the file's content."""
        digest = hashlib.sha1(b"blob %d\0" % self.size)
        with open(self.local, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()
