"""What each form of an export takes on disk, and what this machine lacks for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.errors import DanluError
from engine.export.request import FORMATS, ExportRequest
from engine.job import Job


@dataclass(frozen=True)
class Room:
    """What is known of sizes: bytes of each format (none where the base is not here), free disk,
    formats that lack something on this machine with what they lack, and the most bytes that each
    takes while it is made."""

    sizes: dict[str, int]
    free: int
    lacks: dict[str, DanluError]
    peaks: dict[str, int] = field(default_factory=dict)


def find_room(target: str, quant: str, dtype: str | None) -> Room:
    """Look at ``target``, the disk and the tools; asks no network. Raises DanluError."""
    from engine.chat.target import resolve_target
    from engine.export.room import expected_bytes
    from engine.hardware import free_disk_bytes
    from engine.home import home
    from engine.models.locate import locate_here

    found = resolve_target(target)
    here = None if found.weights else locate_here(found.base, Job())
    weights = found.weights or (here.folder if here else None)
    sizes: dict[str, int] = {}
    peaks: dict[str, int] = {}
    lacks: dict[str, DanluError] = {}
    for format in FORMATS:
        lack = _lack(ExportRequest(found, home(), format, quant=quant))
        if lack:
            lacks[format] = lack
        if weights is not None and (lack is None or lack.code != "export.no_adapter"):
            sizes[format], peaks[format] = expected_bytes(
                weights, format, dtype=dtype, quant=quant, adapter=found.adapter
            )
    return Room(sizes, free_disk_bytes(home()), lacks, peaks)


def installed_since(room: Room) -> bool:
    """Whether a tool that ``room`` lacks is here now; cheap enough to ask every few seconds."""
    from engine.export.outside_tools import quantiser
    from engine.export.tool_python import TOOLS

    for format in room.lacks:
        if any(tool.version for tool in TOOLS.get(format, ())):
            return True
    return "gguf" in room.lacks and quantiser() is not None


def _lack(request: ExportRequest) -> DanluError | None:
    from engine.export.tools import check_tools

    if request.format == "adapter" and request.target.adapter is None:
        return DanluError("export.no_adapter", target=request.target.label)
    try:
        check_tools(request)
    except DanluError as error:
        return error
    return None
