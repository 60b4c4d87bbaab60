"""More about one form of an export, for a screen that has room: what it gives, how it is used, how
it is held against its checkpoint, what it takes on the way."""

from __future__ import annotations

from pathlib import Path

from engine import words
from engine.export.compared import threshold
from engine.units import human_bytes
from tui.cells import fit, width
from tui.export_room import Room
from tui.widgets.detail_lines import Detail


def more(format: str, quant: str, folder: Path, room: Room, *, verify: bool) -> list[Detail]:
    """Each line behind the word for what it tells."""
    told = {
        "gives": words.t(f"export_screen.gives.{format}"),
        "used": words.t(f"export_screen.used.{format}", folder=folder),
    }
    if verify:
        least = f"{100 * threshold(format, quant):.0f}"
        told["checked"] = words.t("export_screen.checked_value", percent=least)
    if format in room.peaks:
        made, peak = (human_bytes(sizes[format]) for sizes in (room.sizes, room.peaks))
        told["disk"] = words.t("export_screen.disk_value", peak=peak, made=made)
    leads = {name: words.t(f"export_screen.{name}_lead") for name in told}
    column = max(map(width, leads.values())) + 2
    return [
        Detail(text, "foreground", "wrap", fit(leads[name], column), 3, spare=True)
        for name, text in told.items()
    ]
