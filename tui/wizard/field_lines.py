"""How a line of the Parameters form looks, and what its help pane says."""

from __future__ import annotations

from rich.text import Text
from textual.content import Content
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.spec.parameter import Parameter
from engine.spec.yaml_form import origin_text
from tui.cells import fit, right, width
from tui.ink import ink
from tui.symbols import ascii_only, sign
from tui.wizard.fields import Field, limits, shown_value
from tui.wrap import wrap

_LABEL = 26
VALUE_AT = _LABEL + 4  # cells left of the value
_WHO = 10


def draw_field(widget: Widget, row: Field, cells: int, selected: bool) -> Text:
    """One line in ``cells``: label, value with its unit, who chose it."""
    lead = f"{sign('next')} " if selected else "  "
    if row.section is not None:
        title = words.t(f"section.{row.section}.label")
        return Text(f"  {title}", ink(widget, "ember", bold=True))
    line = Text().append(lead, ink(widget, "ember", bold=True))
    if row.parameter is None:
        line.append(fit(words.t("wizard_parameters.go"), cells - 8))
        return line.append(right(sign("enter"), 5), ink(widget, "ember", bold=True))
    mark = sign("no") if row.wrong else " "
    line.append(f"{mark} ", ink(widget, "cinnabar", bold=True))
    line.append(fit(row.parameter.label, _LABEL))
    room = max(1, cells - VALUE_AT - _WHO - 1)
    chosen = row.origin.by not in ("default",)
    style = ink(widget, "foreground" if chosen else "ash", bold=row.origin.by == "you")
    if row.wrong:
        style = ink(widget, "cinnabar", bold=True)
    line.append(fit(_value_text(row, selected), room), style)
    who = words.t(f"origin.by.{row.origin.by}")
    tone = "gold" if row.origin.by == "you" else "ash"
    return line.append(right(who, _WHO), ink(widget, tone))


def _value_text(row: Field, selected: bool) -> str:
    declared = row.parameter
    assert declared is not None
    value = row.used if row.value in (None, "auto") else row.value
    text = value_words(declared, value)
    if not text:
        text = _open_text(row)
    elif value is not None:
        text = declared.with_unit(text)
    if not selected or not (row.cycles or row.counts):
        return text
    return f"< {text} >" if ascii_only() else f"‹ {text} ›"


def _open_text(row: Field) -> str:
    assert row.parameter is not None
    return row.parameter.rule_text() or "–"


def value_words(declared: Parameter, value: object) -> str:
    """A value in words: yes and no; a choice as it is written in a spec, and what it means."""
    if isinstance(value, bool):
        return words.t("wizard_parameters.on" if value else "wizard_parameters.off")
    if declared.kind == "choice" and isinstance(value, str):
        meaning = declared.choice_label(value)
        told = meaning.lower().startswith(value.lower())
        return meaning if told else f"{value}  {meaning}"
    return shown_value(declared, value)


def field_help(row: Field, cells: int, error: DanluError | None) -> list[Content]:
    """The pane beside or below the form: what is wrong first, then what the field means."""
    if row.parameter is None:
        return [Content(line) for line in wrap(words.t("wizard_parameters.about"), cells)]
    declared = row.parameter
    lines = [
        Content.assemble((declared.label, "bold"), "  ", (declared.path, "$ash")),
        *_wrong(row, cells, error),
        *(Content(line) for line in wrap(declared.help, cells)),
    ]
    return [*lines, *_facts(row, cells)]


def _wrong(row: Field, cells: int, error: DanluError | None) -> list[Content]:
    found = [error] if error is not None else list(row.wrong)
    lines = []
    for each in found[:2]:
        text = f"{sign('no')} {each}"
        lines += [Content.styled(line, "$cinnabar bold") for line in wrap(text, cells)]
    if found and error is None:
        lines.append(Content.styled(words.t("wizard_parameters.ways_out"), "$ember bold"))
    return lines


def _facts(row: Field, cells: int) -> list[Content]:
    declared = row.parameter
    assert declared is not None
    said = [
        (words.t("wizard_parameters.range"), limits(declared)),
        (words.t("wizard_parameters.default"), value_words(declared, declared.default)),
        (words.t("wizard_parameters.chosen"), origin_text(row.origin)),
        (words.t("wizard_parameters.open"), declared.rule_text() if row.value is None else ""),
    ]
    dot = f"  {sign('dot')}  "
    parts = [f"{name} {value}" for name, value in said if value]
    lines: list[str] = []
    for part in parts:
        if lines and width(lines[-1]) + width(dot) + width(part) <= cells:
            lines[-1] += dot + part
        else:
            lines.append(part)
    return [Content.styled(fit(line, cells).rstrip(), "$ash") for line in lines]
