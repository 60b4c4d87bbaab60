"""How far this process has read a file it has open: how far an upload is, whoever reads it."""

from __future__ import annotations

import os


def read_so_far(path: str) -> int:
    """The furthest position in ``path`` of any open file of this process, in bytes; 0 where it is
    not open, and on systems that do not tell."""
    furthest = 0
    try:
        descriptors = os.listdir("/proc/self/fd")
    except OSError:
        return 0
    for descriptor in descriptors:
        try:
            if os.readlink(f"/proc/self/fd/{descriptor}") != os.path.realpath(path):
                continue
            with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as info:
                position = info.readline().partition(":")[2]
            furthest = max(furthest, int(position))
        except (OSError, ValueError):  # closed meanwhile
            continue
    return furthest
