"""What a check found as plain text, source by source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.words import has, t
from tui.wrap import wrap

if TYPE_CHECKING:
    from engine.data.report import Report

_MARKS = {"error": "✗", "warning": "!", "info": "·"}
_PLACES = 6  # further lines named for each finding


def report_lines(report: Report, cells: int, *, limited: bool = False) -> list[str]:
    """The report as text at most ``cells`` wide, source by source, findings grouped."""
    lines: list[str] = []
    for source in (*report.sources, *report.held):
        document = source.document()
        lines += [_summary(document) if source.rows else source.source]
        lines += [*_lengths(source.lengths, limited)]
        for group in document["findings"]:
            lines += _group_lines(group, cells)
        lines.append("")
    lines.append(t("cli_check.ok" if report.ok else "cli_check.not_ok"))
    return lines


def _summary(source: dict[str, Any]) -> str:
    counts = t("cli_check.counts", **{key: source[key] for key in ("rows", "kept", "dropped")})
    parts = [source["source"], source["format"] or "?", counts]
    if source["stage"] not in ("sft", "auto"):
        parts.insert(2, t(f"cli_check.rows_for.{source['stage']}"))
    if source["taken"] != source["kept"]:
        parts.append(t("cli_check.taken", taken=source["taken"]))
    if source["cut"]:
        parts.append(t("cli_check.cut", cut=source["cut"]))
    return " · ".join(parts)


def _lengths(lengths: list[int], limited: bool) -> list[str]:
    if not lengths:
        return []
    from engine.data.preview import percentiles

    shares = percentiles(lengths)
    values = {"half": shares[50], "most": shares[95], "longest": shares[100]}
    lines = ["  " + t("cli_check.lengths", **values)]
    if not limited:
        lines.append("  " + t("cli_check.give_max_length"))
    return lines


def _group_lines(group: dict[str, Any], cells: int) -> list[str]:
    from engine.data.report import place_name

    head = f"  {_MARKS[group['severity']]} {_title(group['code'])} × {group['count']}"
    lines = [head, f"      {place_name(group)}"]
    lines += _indented(group["message"], cells)
    lines += _indented(f"→ {group['fix']}", cells)
    by_row = len({place["line"] for place in group["places"]}) == 1  # all of a file on one line
    unit = "row" if by_row else "line"
    others = dict.fromkeys(place[unit] for place in group["places"])
    others.pop(group[unit])
    if others:
        named = ", ".join(str(line) for line in list(others)[:_PLACES])
        more = group["count"] > _PLACES + 1
        key = "more_rows" if more and by_row else "rows" if by_row else "places"
        key = "more_places" if more and not by_row else key
        lines += _indented(t(f"cli_check.{key}", lines=named), cells)
    return lines


def _title(code: str) -> str:
    key = f"finding.{code}.title"
    return t(key) if has(key) else t("cli_check.unreadable")


def _indented(text: str, cells: int) -> list[str]:
    return ["      " + line for line in wrap(text, cells - 6)]
