"""Two evaluations of the same rows: what changed, how sure that is, and every row, the worst change
first."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.evaluate.report import is_better
from engine.evaluate.stored_rows import comparable_evaluations
from engine.evaluate.thought import without_thought
from engine.evaluate.versus import Row, Versus, versus
from tui.cells import fit, right, width
from tui.evaluation_line import evaluation_line
from tui.ink import ink
from tui.metric_words import change, metric_name, number
from tui.screens.finding import FindingScreen
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.versus_lines import figure_lines, notes, versus_lines
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList
from tui.widgets.row_titles import RowTitles

_CHANGE = 11  # cells of a row's change
_LINES = 4  # lines of the list and the details that must stay, whatever the figures take

Pair = tuple[Row, Row]


class ComparableScreen(FindingScreen):
    """Which evaluation to compare ``document`` with."""

    title_key = "versus.pick"
    AUTO_FOCUS = "RowList"

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        self._document = document
        self._others: list[dict[str, Any]] | None = None

    def work(self) -> list[Widget]:
        none = words.t("versus.none") if self._others == [] else ""
        about = [Detail(none, "gold", "wrap")] if none else []
        rows = RowList(self._draw, self._others or [], enter="keys.evaluation_compare")
        return [rows, DetailLines(about)]

    def on_mount(self) -> None:
        self.find(lambda: comparable_evaluations(self._document), self._listed)

    async def _listed(self, others: list[dict[str, Any]]) -> None:
        self._others = others
        await self.recompose()
        self.query_one(RowList).focus()

    def _draw(self, document: dict[str, Any], cells: int, selected: bool) -> Text:
        text = Text().append(f" {sign('next')} " if selected else "   ", ink(self, "ember"))
        return text.append_text(evaluation_line(self, document, cells - 3))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.app.push_screen(VersusScreen(message.row, self._document))


class VersusScreen(FindingScreen):
    """``before`` and ``after`` are ``evaluate`` documents; their rows are read in a thread."""

    title_key = "versus.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "figures", "keys.versus_figures", id="versus.figures"),
    ]
    DEFAULT_CSS = """
    VersusScreen DetailLines { height: 35%; min-height: 7; }
    VersusScreen .figures { height: auto; margin-bottom: 1; }
    """

    def __init__(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        super().__init__()
        self._documents = (before, after)
        self._found: Versus | None = None

    def work(self) -> list[Widget]:
        found = self._found
        rows = RowList(self._draw, found.pairs if found else [], enter="keys.read")
        details = DetailLines(self._details(found.pairs[0]) if found else [])
        names = ("evaluate.question", "versus.before", "versus.after")
        titles = RowTitles(names, columns, words.t("evaluate.change"), _CHANGE)
        parts = (titles, rows, details) if found else ()
        return [Static(self._top(), classes="figures"), *parts]

    def head_right(self) -> str:
        before, after = (document["target"] for document in self._documents)
        return f"{before} {sign('next')} {after}   {words.language().upper()}"

    def _top(self) -> Text:
        """The first figures, and how many rows changed."""
        if self._found is None:
            return Text(f"  {words.t('versus.reading')}", ink(self, "ash"))
        cells = self.app.size.width - 4
        room = max(_LINES, self.app.size.height // 3 - _LINES)
        lines = [*figure_lines(self._found, cells)[: room + 2], "", notes(self._found)[0]]
        text = Text("\n".join(f"  {fit(line, cells).rstrip()}" for line in lines), no_wrap=True)
        text.stylize(ink(self, "foreground"))
        return text

    def on_mount(self) -> None:
        self.find(lambda: versus(*self._documents), self._compared, self.leave_with)

    async def _compared(self, found: Versus) -> None:
        self._found = found
        await self.recompose()
        self.query_one(RowList).focus()

    def _draw(self, pair: Pair, cells: int, selected: bool) -> Text:
        assert self._found is not None
        before, after = pair
        text = Text().append(f"{sign('next')} " if selected else "  ", ink(self, "ember"))
        said = (after["question"], before["answer"], after["answer"])
        for words_said, space, colour in zip(said, columns(cells), _COLOURS, strict=True):
            shown = " ".join(without_thought(words_said or "").split()) or sign("more")
            text.append(fit(shown, space), ink(self, colour)).append(" ")
        size = self._found.change(pair)
        better = is_better(self._found.main, size)
        shown = change(self._found.main, size) if better is not None else "="
        return text.append(right(shown, _CHANGE), ink(self, _JUDGED[better]))

    def _details(self, pair: Pair) -> list[Detail]:
        parts = _parts(pair)
        room = max(6, round(self.app.size.height * 0.35) - 2)
        most = max(1, (room - 2) // (len(parts) - 1))
        lines = [
            Detail(said, colour, "wrap", lead, 1 if at == 0 else most)
            for at, (lead, said, colour) in enumerate(parts)
        ]
        return [*lines, Detail(self._figures_of(pair), "ash")]

    def _figures_of(self, pair: Pair) -> str:
        assert self._found is not None
        name = self._found.main
        values = [number(name, row.get(name)) for row in pair]
        return f"{metric_name(name)} {values[0]} {sign('next')} {values[1]}"

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.query_one(DetailLines).show(self._details(message.row))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.app.push_screen(ChangedRowScreen(message.row))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "figures" or self._found is not None

    def action_figures(self) -> None:
        if self._found is not None:
            self.app.push_screen(FiguresScreen(self._found))


def columns(cells: int) -> tuple[int, int, int]:
    """How many cells question and both answers have beside the change."""
    room = cells - 2 - _CHANGE - 4  # the last cell may be the scroll bar's
    question = room * 3 // 10
    half = (room - question) // 2
    return question, half, room - question - half


_COLOURS = ("foreground", "ash", "foreground")
_JUDGED = {True: "jade", False: "cinnabar", None: "ash"}


def _parts(pair: Pair) -> list[tuple[str, str, str]]:
    """Name, text and colour of what was asked and said; the names equally wide."""
    before, after = pair
    said = [
        (words.t("evaluate.question"), after["question"], "foreground"),
        (words.t("evaluate.reference"), after["reference"], "jade"),
        (words.t("versus.before"), before["answer"] or "–", "ash"),
        (words.t("versus.after"), after["answer"] or "–", "foreground"),
    ]
    widest = max(width(name) for name, _, _ in said)
    return [(fit(name, widest + 2), text, colour) for name, text, colour in said]


class ChangedRowScreen(OverlayScreen[None]):
    """One row in full, as both answered it."""

    AUTO_FOCUS = ".panel"

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self._pair = pair

    def work(self) -> list[Widget]:
        return [
            Prose(lead, said, style=ink(self, colour)) for lead, said, colour in _parts(self._pair)
        ]


class FiguresScreen(OverlayScreen[None]):
    """All figures with their intervals, and what to know of them."""

    AUTO_FOCUS = ".panel"

    def __init__(self, found: Versus) -> None:
        super().__init__()
        self._found = found

    def work(self) -> list[Widget]:
        cells = min(84, self.app.size.width * 9 // 10 - 8)
        head, *_ = versus_lines(self._found, cells)
        said = [Prose("", line) for line in (head, *notes(self._found))]
        table = Text("\n".join(figure_lines(self._found, cells)), no_wrap=True)
        return [*said, Static(Text("\n").append_text(table))]
