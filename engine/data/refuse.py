"""Refusing to train when too much of the data is left out, or a part of it would be lost whole."""

from __future__ import annotations

import math
from collections import Counter

from engine import words
from engine.data.finding import Finding
from engine.data.report import SourceReport
from engine.errors import DanluError, Fix
from engine.spec.run_spec import RunSpec


def refuse_too_many_dropped(reports: list[SourceReport], spec: RunSpec) -> None:
    """Raise DanluError ``data.unfilled_placeholder`` or ``data.too_many_dropped`` when more than
    ``data.max_dropped`` of the rows are left out, and ``data.no_rows`` when there are none."""
    rows = sum(report.rows for report in reports)
    dropped = sum(report.dropped for report in reports)
    if rows == 0:
        raise DanluError("data.no_rows")
    limit = spec.data.max_dropped
    _refuse_placeholders(reports, limit, spec)
    if dropped / rows <= limit:
        return
    reasons = sum((report.dropped_by for report in reports), Counter())
    first = _first(reports)
    share = share_to_allow(dropped, rows)
    raise DanluError(
        "data.too_many_dropped",
        fixes=(Fix("see"), Fix("confirm", {"data.max_dropped": share})),
        dropped=dropped,
        rows=rows,
        percent=f"{dropped / rows:.1%}",
        allowed=f"{limit:.1%}",
        share=share,
        reasons=", ".join(
            f"{words.t(f'finding.{code}.title')} × {count}" for code, count in reasons.most_common()
        ),
        sources=" ".join(report.source for report in reports),
        file=first.file,
        line=first.line,
        message=first.message,
    )


def share_to_allow(dropped: int, rows: int) -> float:
    """The ``data.max_dropped`` with which a run may go on: rounded up to a tenth of a percent, so
    that it is never a hair below what it must allow."""
    return min(1.0, math.ceil(dropped / rows * 1000) / 1000)


def _first(reports: list[SourceReport]) -> Finding:
    return next(finding for report in reports for finding in report.findings if finding.lost)


def _refuse_placeholders(reports: list[SourceReport], limit: float, spec: RunSpec) -> None:
    """An open ``{{NAME}}`` usually spoils a whole source, however small its share of all rows."""
    for report in reports:
        count = report.dropped_by["unfilled_placeholder"]
        if not report.rows or count / report.rows <= limit:
            continue
        open_ones = [f for f in report.findings if f.code == "unfilled_placeholder"]
        names = list(dict.fromkeys(str(f.values["name"]) for f in open_ones))
        raise DanluError(
            "data.unfilled_placeholder",
            fixes=(Fix("fill"), Fix("keep")),
            names=", ".join(f"{{{{{name}}}}}" for name in names),
            settings=" ".join(f"--fill {name}=…" for name in names),
            own=f"{names[0]}={{{{{names[0]}}}}}",
            rows=count,
            file=open_ones[0].file,
            line=open_ones[0].line,
        )
