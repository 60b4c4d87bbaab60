"""Beside the menu of a large screen: the curve and the story of one run, and this machine."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from engine import words
from engine.hardware import free_disk_bytes, machine
from engine.home import home
from engine.models.shelf import shelf
from engine.runs.digest import Digest
from engine.units import human_bytes
from tui.cells import fit, width
from tui.run_details import details_of
from tui.tree_line import Line
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.run_chart import RunChart, curves_of
from tui.wizard.names import model_name

_MODELS = 4  # named at most


class HomeSide(Vertical):
    """Shows what it is told to; the reading is done in threads of its own, one at a time."""

    DEFAULT_CSS = """
    HomeSide { height: 1fr; }
    HomeSide RunChart { height: 1fr; }
    HomeSide #story { height: 15; }
    HomeSide #machine { height: 7; }
    HomeSide.-none RunChart, HomeSide.-none #story { display: none; }
    """

    class Found(Message):
        """What was asked for is read: of the machine, and, unless it was known, of the run."""

        def __init__(self, line: Line | None, here: list[Detail]) -> None:
            super().__init__()
            self.line, self.here = line, here
            self.story: list[Detail] = []
            self.curves: Digest | None = None

    def __init__(self) -> None:
        super().__init__(classes="-none")
        self._wanted: Line | None = None
        self._shown: Line | None = None
        self._models: list[str] = []
        self._reading = False

    def compose(self) -> ComposeResult:
        yield RunChart()
        yield DetailLines(id="story")
        yield DetailLines(id="machine")

    def tell(self, line: Line | None) -> None:
        """Tell of the run of ``line`` as it is now, and of the machine."""
        self._wanted = line
        if not self._reading:
            self._reading = True
            self.run_worker(lambda: self._read(line), thread=True, exit_on_error=False)

    def look_anew(self) -> None:
        """Models may have come or gone meanwhile."""
        self._models = []
        self.tell(self._wanted)

    def _read(self, line: Line | None) -> None:
        """In a thread."""
        found = self.Found(line, [])
        try:
            if line is not None and line != self._shown:
                found.story, found.curves = details_of(line), curves_of(line.found)
            self._models = self._models or [model_name(entry.source) for entry in shelf()]
            found.here = machine_details(self._models)
        finally:
            self.post_message(found)

    def on_home_side_found(self, message: Found) -> None:
        self._reading = False
        self.query_one("#machine", DetailLines).show(message.here)
        self.set_class(message.line is None, "-none")
        if message.line is not None and message.curves is not None:
            self._shown = message.line
            self.query_one(RunChart).show_run(message.line.found.name, message.curves)
            self.query_one("#story", DetailLines).show(message.story)
        if self._wanted != message.line:
            self.tell(self._wanted)


def machine_details(models: Sequence[str]) -> list[Detail]:
    """What is worth knowing of this machine before a run; ``models`` are those that are here."""
    now = machine()
    cards = " · ".join(f"{gpu.name}, {human_bytes(gpu.total_bytes)}" for gpu in now.gpus)
    device = cards or f"CPU · {words.t('home.cores', cores=now.cores)}"
    more = words.t("home.more_models", count=len(models) - _MODELS) if models[_MODELS:] else ""
    told = {
        "device": device,
        "memory": words.t(
            "home.free_of",
            free=human_bytes(now.ram_free_bytes),
            total=human_bytes(now.ram_bytes),
        ),
        "disk": words.t("home.free", bytes=human_bytes(free_disk_bytes(home()))),
        "models": ", ".join([*models[:_MODELS], more] if more else models) or "–",
        "folder": str(home()),
    }
    leads = {name: words.t(f"home.machine_{name}") for name in told}
    column = max(width(lead) for lead in leads.values()) + 2
    return [
        Detail(text, "ash" if name == "folder" else "foreground",
               "cut_start" if name == "folder" else "cut", fit(leads[name], column))
        for name, text in told.items()
    ]  # fmt: skip
