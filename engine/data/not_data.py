"""Files that are no data whatever their name says: pipes, links that lead nowhere, web pages…"""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from engine.data.encodings import wide_encoding
from engine.data.opened import opened
from engine.errors import DanluError

_HEAD = 4096
_KINDS = (
    (b"PK\x03\x04", "Excel / ZIP"),
    (b"\xd0\xcf\x11\xe0", "Excel / Word"),
    (b"%PDF", "PDF"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"SQLite format 3", "SQLite"),
)
_SPECIAL = (
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


def refuse_irregular(path: Path) -> None:
    """Raise DanluError ``data.not_a_file`` for a pipe, socket or device, which reading might wait
    on for ever, ``data.link_loop`` and ``data.broken_link`` for links that lead to no file."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DanluError("data.link_loop", path=path) from None
        if path.is_symlink():
            raise DanluError("data.broken_link", path=path, target=path.readlink()) from None
        return
    for test, kind in _SPECIAL:
        if test(mode):
            raise DanluError("data.not_a_file", path=path, kind=kind)


def refuse_other_kinds(path: Path) -> None:
    """Raise DanluError ``data.other_kind``, ``data.web_page``, ``data.lfs_pointer``,
    ``data.only_zeros`` or ``data.wide_text`` where the first bytes of a text file say it is none
    danlu can read."""
    with opened(path) as source:
        head = source.file.read(_HEAD)
    for mark, kind in _KINDS:
        if head.startswith(mark):
            raise DanluError("data.other_kind", path=path, kind=kind)
    start = head.lstrip()[:40].lower()
    if start.startswith((b"<!doctype", b"<html", b"<head")):
        raise DanluError("data.web_page", path=path)
    if start.startswith(b"version https://git-lfs"):
        raise DanluError("data.lfs_pointer", path=path)
    if head and not head.strip(b"\0"):
        raise DanluError("data.only_zeros", path=path)
    wide = wide_encoding(head)
    if wide is not None:
        raise DanluError("data.wide_text", path=path, line=1, encoding="UTF-16", codec=wide)
