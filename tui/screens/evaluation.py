"""A finished evaluation: its metrics, then every row, the worst first, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, overload

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.evaluate.stored_rows import StoredRows
from engine.evaluate.thought import without_thought
from tui.alike import one_line, shared_start, unshared
from tui.cells import fit, right, width
from tui.cli.evaluate_lines import label_lines, subject_lines
from tui.ink import ink
from tui.metric_words import main_metric, metric_name, number, remarks
from tui.screens.base import DanluScreen
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.metric_grid import MetricGrid
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList
from tui.widgets.row_titles import RowTitles

_PAGE = 64  # rows read together
_SCORE = 9  # cells of a row's figure
_TITLES = ("evaluate.question", "evaluate.reference", "evaluate.answer")


class PagedRows(Sequence[dict[str, Any]]):
    """The rows of a file as a sequence: a page of them is read when one of it is looked at."""

    def __init__(self, path: Path) -> None:
        self._stored = StoredRows(path)
        self._page = lru_cache(8)(lambda page: self._stored.page(page * _PAGE, _PAGE))

    def __len__(self) -> int:
        return len(self._stored)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | Sequence[dict[str, Any]]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._page(index // _PAGE)[index % _PAGE]


class EvaluationScreen(DanluScreen):
    """``document`` is the ``evaluate`` document; its rows are read from their file."""

    title_key = "evaluate.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "labels", "keys.evaluation_labels", id="evaluation.labels"),
        Binding("c", "compare", "keys.evaluation_compare", id="evaluation.compare"),
        Binding("y", "copy", "keys.evaluation_copy", id="evaluation.copy"),
    ]
    DEFAULT_CSS = """
    EvaluationScreen DetailLines { height: 35%; min-height: 7; }
    """

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        self._document = document
        self._main = main_metric(document["metrics"]) or "loss"
        path = Path(document["rows_path"])
        self._rows: Sequence[dict[str, Any]] = PagedRows(path) if path.is_file() else []
        self._start = shared_start(one_line(row["question"]) for row in self._rows[:_PAGE])

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, self._rows, enter="keys.read")
        return [
            MetricGrid(self._document),
            RowTitles(_TITLES, columns, metric_name(self._main), _SCORE),
            rows,
            DetailLines(self._details(self._rows[0] if len(self._rows) else None)),
        ]

    async def retranslate(self) -> None:
        at = self.query_one(RowList).cursor
        await super().retranslate()
        self.query_one(RowList).move_to(at)

    def head_right(self) -> str:
        data = Path(self._document["data"]).name
        count = words.t("evaluate_screen.rows", count=self._document["rows"])
        return f"{self._document['target']} · {data} · {count}   {words.language().upper()}"

    def _draw(self, row: dict[str, Any], cells: int, selected: bool) -> Text:
        text = Text().append(f"{sign('next')} " if selected else "  ", ink(self, "ember"))
        answer = without_thought(row["answer"] or "") or sign("more")
        asked = unshared(one_line(row["question"]), self._start)
        said = (asked, without_thought(row["reference"]), answer)
        colours = ("foreground", "ash", "foreground")
        for words_said, room, colour in zip(said, columns(cells), colours, strict=True):
            text.append(fit(one_line(words_said), room), ink(self, colour)).append(" ")
        if row["fault"]:
            return text.append(right(sign("warn"), _SCORE), ink(self, "cinnabar"))
        value = row.get(self._main)
        colour = {100.0: "jade", 0.0: "cinnabar"}.get(value, "foreground")  # type: ignore[arg-type]
        mark = {100.0: f"{sign('yes')} ", 0.0: f"{sign('no')} "}.get(value, "")  # type: ignore[arg-type]
        return text.append(right(mark + number(self._main, value), _SCORE), ink(self, colour))

    def _details(self, row: dict[str, Any] | None) -> list[Detail]:
        if row is None:
            return [Detail(remark, "gold", "wrap") for remark in remarks(self._document)]
        room = max(6, round(self.app.size.height * 0.35) - 2)
        parts = _parts(row)
        most = max(1, (room - 2) // max(1, len(parts) - 1))
        lines = [
            Detail(said, colour, "wrap", lead, 1 if at == 0 else most)
            for at, (lead, said, colour) in enumerate(parts)
        ]
        return [*lines, Detail(_figures(row), "ash")]

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.query_one(DetailLines).show(self._details(message.row))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.app.push_screen(EvaluatedRowScreen(message.row))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "labels" or bool(self._document["labels"] or remarks(self._document))

    def action_labels(self) -> None:
        self.app.push_screen(LabelsScreen(self._document))

    def action_compare(self) -> None:
        from tui.screens.versus import ComparableScreen

        self.app.push_screen(ComparableScreen(self._document))

    def action_copy(self) -> None:
        path = self._document["path"]
        self.app.copy_to_clipboard(path)
        self.notify(path, title=words.t("runs.copied"))


def columns(cells: int) -> tuple[int, int, int]:
    """How many cells question, reference and answer have beside the figure."""
    room = cells - 2 - _SCORE - 4  # the last cell may be the scroll bar's
    question = room * 3 // 10
    reference = (room - question) * 2 // 5
    return question, reference, room - question - reference


def _parts(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, text and colour of what was said; the names equally wide."""
    said = [("question", row["question"], "foreground"), ("reference", row["reference"], "jade")]
    said.append(("answer", row["answer"] or "–", "foreground"))
    if row.get("base"):
        said.append(("base", row["base"]["answer"] or "–", "ash"))
    names = [words.t(f"evaluate.{name}") for name, _, _ in said]
    widest = max(width(name) for name in names)
    return [
        (fit(name, widest + 2), text, colour)
        for name, (_, text, colour) in zip(names, said, strict=True)
    ]


def _figures(row: dict[str, Any]) -> str:
    """Where the row stands, and all its figures."""
    place = f"{Path(row['file']).name}:{row['line']}"
    keys = [f"evaluate.name.{name}" for name in row]
    shown = [
        f"{metric_name(name)} {number(name, row[name])}"
        for name, key in zip(row, keys, strict=True)
        if words.has(key) and row[name] is not None
    ]
    cut = [words.t("evaluate.at_limit_row")] if row.get("at_limit") else []
    return " · ".join([place, *shown, *cut])


class EvaluatedRowScreen(OverlayScreen[None]):
    """One row in full."""

    AUTO_FOCUS = ".panel"

    def __init__(self, row: dict[str, Any]) -> None:
        super().__init__()
        self._row = row

    def work(self) -> list[Widget]:
        said = [
            Prose(lead, text, style=ink(self, colour)) for lead, text, colour in _parts(self._row)
        ]
        return [*said, Prose("", _figures(self._row), style=ink(self, "ash"))]


class LabelsScreen(OverlayScreen[None]):
    """What is to be known of the figures; each label's part and what was taken for what, or how
    well each subject was answered."""

    AUTO_FOCUS = ".panel"

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        self._document = document

    def work(self) -> list[Widget]:
        said: list[Widget] = [Prose("", remark) for remark in remarks(self._document)]
        labels, subjects = self._document["labels"], self._document.get("subjects")
        cells = min(84, self.app.size.width * 9 // 10 - 8)
        lines = label_lines(labels, cells) if labels else []
        lines += subject_lines(subjects, cells) if subjects else []
        table = Text("\n".join(lines), no_wrap=True)
        return [*said, Static(Text("\n").append_text(table))] if lines else said
