"""The lines of the Data step: sources, placeholders, ways to look, and how each is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.widget import Widget

from engine import words
from engine.data.column_option import show_columns
from engine.units import human_count
from tui.cells import fit, right
from tui.ink import ink
from tui.symbols import sign
from tui.wizard import findings
from tui.wizard.amount import shown_amount
from tui.wizard.draft import Draft
from tui.wizard.names import source_name
from tui.wizard.states import many_dropped

COUNTS = {"format": 15, "rows": 7, "kept": 7, "dropped": 9}  # cells of each column
PROPOSED = ("columns", "name", "stage")  # kinds of lines that danlu proposes
_NAME = 18  # cells a source's name needs to be known by


@dataclass(frozen=True)
class DataRow:
    """``kind``: source, columns, name, stage, add, placeholder, look, allow, go. ``key`` is the
    source's place, the stage, the placeholder's name or the action."""

    kind: str
    key: str | int = ""
    text: str = ""
    cells: tuple[str, ...] = ()
    tone: str = ""
    hint: str = ""


def data_rows(draft: Draft) -> list[DataRow]:
    """Every line, as far as things are known now."""
    rows = [*_sources(draft), *_stage(draft), *_adds()]
    if not draft.spec.data.train:
        return rows
    return [*rows, *_placeholders(draft), *_looks(draft), *_allow(draft), _go(draft)]


def _sources(draft: Draft) -> list[DataRow]:
    report = findings.report(draft)
    rows = []
    for index, source in enumerate(draft.spec.data.train):
        name = source_name(source.source)
        if shown_amount(source):
            name += f"  {shown_amount(source)}"
        cells: tuple[str, ...] = ("", "", "", "")
        tone = ""
        if report is not None and index < len(report.sources):
            found = report.sources[index]
            failed = next((f.error for f in found.findings if f.error is not None), None)
            counts = (found.rows, found.taken, found.dropped)
            cells = (_formats(found.formats), *(human_count(count) for count in counts))
            tone = "cinnabar" if failed or not found.taken else "gold" if found.dropped else "jade"
        rows.append(DataRow("source", index, name, cells, tone))
        proposal = findings.proposals(draft).get(index)
        if proposal is not None:
            text = words.t("wizard_data.take_columns", columns=show_columns(*proposal))
            rows.append(DataRow("columns", index, text, tone="gold", hint="y"))
        other = findings.renamings(draft).get(index)
        if other is not None:
            text = words.t("wizard_data.take_name", source=other.source)
            rows.append(DataRow("name", index, text, tone="gold", hint="y"))
    return rows


def _stage(draft: Draft) -> list[DataRow]:
    """The way on with rows that are for another stage."""
    other = findings.other_stage(draft)
    return [DataRow("stage", other[0], other[1], tone="gold", hint="y")] if other else []


def _formats(names: list[str]) -> str:
    """The formats of a source, the first alone where all have no room."""
    joined = "+".join(names)
    return joined if len(joined) < COUNTS["format"] else f"{names[0]} +{len(names) - 1}"


def _adds() -> list[DataRow]:
    return [
        DataRow("add", "file", words.t("wizard_data.add_file"), hint="a"),
        DataRow("add", "hub", words.t("wizard_data.add_hub"), hint="h"),
    ]


def _placeholders(draft: Draft) -> list[DataRow]:
    fill = draft.spec.data.fill
    rows = [
        DataRow("placeholder", name, f"{{{{{name}}}}}", (value,), "jade" if value else "cinnabar")
        for name, value in fill.items()
    ]
    missing = words.t("wizard_data.fill_in")
    for name in findings.unfilled(draft):
        rows.append(DataRow("placeholder", name, f"{{{{{name}}}}}", (missing,), "cinnabar"))
    return rows


def _looks(draft: Draft) -> list[DataRow]:
    report = findings.report(draft)
    rows = []
    if findings.can_look_at_rows(draft):
        rows.append(DataRow("look", "rows", words.t("wizard_data.look_rows"), hint="v"))
    if report is not None and report.findings:
        rows.append(DataRow("look", "problems", _told(draft), tone=_worst(draft), hint="e"))
    return rows


def _worst(draft: Draft) -> str:
    report = findings.report(draft)
    severities = {f.severity for f in report.findings} if report is not None else set()
    return "cinnabar" if "error" in severities else "gold" if "warning" in severities else ""


def _told(draft: Draft) -> str:
    report = findings.report(draft)
    assert report is not None
    unread = next((f.error for f in report.findings if f.error is not None), None)
    if unread is not None:
        return unread.what
    notes = sum(1 for f in report.findings if f.severity != "error")
    return words.t("wizard_data.look_problems", dropped=report.dropped, notes=notes)


def _allow(draft: Draft) -> list[DataRow]:
    """The way on with the good rows alone, where too many are bad for going on unasked."""
    report = findings.report(draft)
    if report is None or findings.unfilled(draft) or not many_dropped(draft):
        return []
    used = findings.taken_rows(report)
    text = words.t("wizard_data.allow_dropped", used=human_count(used), dropped=report.dropped)
    return [DataRow("allow", "dropped", text, hint=sign("enter"))]


def _go(draft: Draft) -> DataRow:
    return DataRow("go", "memory", words.t("wizard_data.go"), hint=sign("enter"))


def draw_data_row(widget: Widget, row: DataRow, cells: int, selected: bool) -> Text:
    """One line in ``cells``."""
    line = Text().append(f"{sign('next')} " if selected else "  ", ink(widget, "ember", bold=True))
    if row.kind == "source":
        return _draw_source(widget, line, row, cells)
    if row.kind == "placeholder":
        line.append(fit(row.text, 16), ink(widget, "foreground", bold=True)).append("= ")
        mark = sign("no" if row.tone == "cinnabar" else "yes")
        line.append(fit(row.cells[0], cells - 26))
        return line.append(right(mark, 6), ink(widget, row.tone, bold=True))
    marks = {"add": "+ ", "cinnabar": f"{sign('no')} ", "gold": f"{sign('warn')} "}
    mark = marks.get(row.kind) or marks.get(row.tone, "  ")
    line.append(mark, ink(widget, row.tone or "ash", bold=True))
    line.append(fit(row.text, cells - 12))
    return line.append(right(row.hint, 8), ink(widget, "ember", bold=True))


def _draw_source(widget: Widget, line: Text, row: DataRow, cells: int) -> Text:
    marks = {"cinnabar": "no", "gold": "warn", "jade": "yes"}
    mark = sign(marks[row.tone]) if row.tone else sign("dot")
    line.append(f"{mark} ", ink(widget, row.tone or "ash", bold=True))
    columns = counts_in(cells)
    line.append(fit(row.text, cells - 4 - sum(columns.values())))
    for text, column in zip(row.cells, COUNTS, strict=True):
        if column in columns:
            line.append(right(text, columns[column]))
    return line


def counts_in(cells: int) -> dict[str, int]:
    """The columns that a line of so many cells has room for beside the source's name."""
    columns = dict(COUNTS)
    if cells - 4 - sum(columns.values()) < _NAME:
        del columns["format"]
    return columns
