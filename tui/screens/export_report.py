"""How an export compares with its checkpoint: facts above, answers that part first below."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.widget import Widget

from engine import words
from engine.export.manifest import ExportReport
from tui.alike import one_line, shared_start, unshared
from tui.cells import fit, width
from tui.export_facts import fact_rows, verdict
from tui.ink import ink
from tui.screens.base import DanluScreen
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList


class ExportReportScreen(DanluScreen):
    """The report of one export."""

    title_key = "export_screen.report"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "keys.run_copy", id="export.copy"),
    ]
    DEFAULT_CSS = """
    ExportReportScreen DetailLines { height: 7; }
    ExportReportScreen Facts { height: auto; margin: 0 0 1 0; }
    ExportReportScreen Prose { margin: 0 0 1 0; }
    """

    def __init__(self, report: ExportReport) -> None:
        super().__init__()
        self._report = report
        self._start = shared_start(one_line(row["prompt"]) for row in self._rows())

    def work(self) -> list[Widget]:
        rows = self._rows()
        said = verdict(self._report.document)
        return [
            Prose(f"{self._sign()} ", said, style=ink(self, self._colour(), bold=True)),
            Facts(self._report.document),
            RowList(self._draw, rows, enter="keys.read"),
            DetailLines(self._details(rows[0] if rows else None)),
        ]

    def _sign(self) -> str:
        known = {True: sign("yes"), False: sign("no"), None: sign("warn")}
        return known[self._report.verified]

    def _colour(self) -> str:
        return {True: "jade", False: "cinnabar", None: "gold"}[self._report.verified]

    def _rows(self) -> list[dict[str, Any]]:
        verification = self._report.document["verification"]
        rows = verification["rows"] if verification else []
        return sorted(rows, key=lambda row: row["agree"] / max(1, row["tokens"]))

    def _draw(self, row: dict[str, Any], cells: int, selected: bool) -> Text:
        text = Text().append(f"{sign('next')} " if selected else "  ", ink(self, "ember"))
        part = (cells - 14) // 3
        for name in ("prompt", "checkpoint", "artefact"):
            colour = "ash" if name == "checkpoint" else "foreground"
            said = one_line(row[name])
            said = unshared(said, self._start) if name == "prompt" else said
            text.append(fit(said, part), ink(self, colour)).append(" ")
        same = row["divergence"] is None
        share = f"{row['agree']}/{row['tokens']}"
        mark = sign("yes" if same else "no")
        return text.append(f"{mark} {share}", ink(self, "jade" if same else "gold"))

    def _details(self, row: dict[str, Any] | None) -> list[Detail]:
        where = Detail(str(self._report.folder), "ash", "cut_start")
        if row is None:
            return [where]
        parts = zip(_parts(row), (1, 2, 2), strict=True)
        said = [Detail(text, "foreground", "wrap", lead, most) for (lead, text), most in parts]
        return [*said, where]

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.query_one(DetailLines).show(self._details(message.row))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.app.push_screen(AnswerScreen(message.row))

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(str(self._report.folder))
        self.notify(str(self._report.folder), title=words.t("runs.copied"))


def _parts(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and text of prompt and both answers; the names equally wide."""
    parts = {"prompt_title": "prompt", "checkpoint": "checkpoint", "artefact": "artefact"}
    widest = max(width(words.t(f"export.{name}")) for name in parts)
    return [(fit(words.t(f"export.{name}"), widest + 2), row[key]) for name, key in parts.items()]


class AnswerScreen(OverlayScreen[None]):
    """One prompt and both answers in full."""

    AUTO_FOCUS = ".panel"

    def __init__(self, row: dict[str, Any]) -> None:
        super().__init__()
        self._row = row

    def work(self) -> list[Widget]:
        return [Prose(lead, said) for lead, said in _parts(self._row)]


class Facts(Widget):
    """What was compared, one line each."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        self._rows = fact_rows(document) if document["verification"] else []

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._rows)

    def render(self) -> Text:
        widest = max((width(name) for name, _, _ in self._rows), default=0)
        text = Text(no_wrap=True)
        for number, (name, value, good) in enumerate(self._rows):
            text.append("\n" if number else "").append(
                f"  {fit(name, widest + 2)}", ink(self, "ash")
            )
            mark = "" if good else f"{sign('no')} "
            text.append(f"{mark}{value}", ink(self, "foreground" if good else "cinnabar"))
        return text
