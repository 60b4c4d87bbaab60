"""Folders whose questions lie in an archive still, as some makers hand them out."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from engine.errors import DanluError, fault_of

_ARCHIVES = ("*.zip", "*.tar", "*.tar.gz", "*.tgz")


def unpacked(folder: Path, room: Path) -> Path | None:
    """What the archives right in ``folder`` hold, in ``room``; None where there are none. Raises
    DanluError ``benchmark.unreadable``."""
    archives = sorted({path for pattern in _ARCHIVES for path in folder.glob(pattern)})
    for archive in archives:
        try:
            _unpack(archive, room / archive.name)
        except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
            reason = fault_of(error)
            raise DanluError("benchmark.unreadable", file=archive, reason=reason) from error
    return room if archives else None


def _unpack(archive: Path, room: Path) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(room)
        return
    with tarfile.open(archive) as packed:
        # Files alone, none of them outside: early 3.10 has no filters for that.
        packed.extractall(room, [member for member in packed if _is_inside(member)])


def _is_inside(member: tarfile.TarInfo) -> bool:
    place = Path(member.name)
    return member.isfile() and not place.is_absolute() and ".." not in place.parts
