"""What the check found in the rows: each kind once, with its reason, its way out and its places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.containers import Vertical
from textual.widget import Widget

from engine import words
from engine.units import human_count
from tui.cells import fit, right
from tui.ink import ink
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from engine.data.check import Report

_TONES = {"error": ("no", "cinnabar"), "warning": ("warn", "gold"), "info": ("dot", "ash")}


class DataProblemsScreen(DanluScreen):
    """The groups above; below, the one under the cursor in full."""

    title_key = "wizard_data.problems_title"

    DEFAULT_CSS = """
    DataProblemsScreen RowList { height: 1fr; }
    DataProblemsScreen .detail { height: 11; padding: 1 1 0 1; }
    DataProblemsScreen Prose { height: auto; margin-bottom: 1; }
    """

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report

    def work(self) -> list[Widget]:
        # Grouped again at each drawing: the messages are in the language in use.
        groups = [
            {**group, "source": source.source}
            for source in self._report.sources
            for group in source.groups()
        ]
        detail = Vertical(
            Prose("", "", id="message"),
            Prose(f"{sign('next')} ", "", id="fix"),
            Prose("", "", id="places"),
            classes="detail",
        )
        return [RowList(self._draw, groups, enter="", id="groups"), detail]

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.focus()
        self._tell(rows.current)

    async def retranslate(self) -> None:
        await super().retranslate()
        rows = self.query_one(RowList)
        rows.focus()
        self._tell(rows.current)

    def _draw(self, group: dict[str, Any], cells: int, selected: bool) -> Text:
        mark, tone = _TONES[group["severity"]]
        line = Text().append(
            f"{sign('next')} " if selected else "  ", ink(self, "ember", bold=True)
        )
        line.append(f"{sign(mark)} ", ink(self, tone, bold=True))
        line.append(right(human_count(group["count"]), 6) + "  ", ink(self, tone))
        return line.append(fit(group["message"], cells - 12))

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self._tell(event.row)

    def _tell(self, group: dict[str, Any] | None) -> None:
        if group is None:
            return
        self.query_one("#message", Prose).say(group["message"])
        self.query_one("#fix", Prose).say(group["fix"])
        places = [
            f"{Path(place['file']).name}:{place['line']} {place['pointer']}".rstrip()
            for place in group["places"]
        ]
        more = group["count"] - len(places)
        shown = "   ".join(places) + (f"  +{more}" if more > 0 else "")
        self.query_one("#places", Prose).say(words.t("wizard_data.places", places=shown))
