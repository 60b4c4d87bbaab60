"""Writing a report: the page, and its curves as SVG files beside it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from engine.errors import DanluError
from engine.report.facts import Facts
from engine.report.page import page
from engine.report.pictures import pictures
from engine.runs.atomic import write_atomically

REPORT_NAME = "report.md"


def write_report(facts: Facts, out: Path | None = None) -> list[Path]:
    """Write the page to ``out`` (default: ``report.md`` in the run's folder) and its curves as
    ``<name>-loss.svg`` beside it. Returns the files, the page first. Raises DanluError."""
    path = (out or facts.run.path / REPORT_NAME).expanduser()
    if path.is_dir():
        path = path / f"{facts.run.name}.md"
    drawn = pictures(facts.curves, [each["step"] for each in facts.extensions])
    files = {name: path.with_name(f"{path.stem}-{name}.svg") for name in drawn}
    text = page(facts, {name: quote(file.name) for name, file in files.items()})
    try:
        for name, file in files.items():
            write_atomically(file, drawn[name])
        write_atomically(path, text)
    except OSError as error:
        raise DanluError("report.cannot_write", path=path, reason=error.strerror) from error
    return [path, *files.values()]
