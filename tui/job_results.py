"""What came of a job: the screen that shows it, or the sentences that tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.hub.reference import HUB_NAMES, HUBS, Hub
from engine.jobs.record import JobRecord
from tui.average_words import made_lines
from tui.screens.base import DanluScreen


def result_screen(record: JobRecord) -> DanluScreen | None:
    """The screen of what it made; None where sentences tell all, and where nothing was made."""
    verb, document = _made(record)
    if verb == "evaluate":
        from tui.screens.evaluation import EvaluationScreen

        return EvaluationScreen(document)
    if verb == "verify":
        from tui.screens.verify import VerifyScreen

        return VerifyScreen(document, record.command())
    if verb == "export":
        from engine.export.manifest import ExportReport
        from tui.screens.export_report import ExportReportScreen

        return ExportReportScreen(ExportReport(Path(document["folder"]), document))
    return None


def has_screen(record: JobRecord) -> bool:
    """Whether there is a screen of what it made."""
    return _made(record)[0] in ("evaluate", "verify", "export")


def result_lines(record: JobRecord) -> list[str]:
    """What it made, in sentences."""
    verb, document = _made(record)
    if verb == "push":
        seen = "private" if document["private"] else "public"
        return [words.t("jobs.pushed", url=document["url"]), words.t(f"jobs.pushed_{seen}")]
    if verb == "fetch":
        return [words.t("jobs.fetched", folder=document["folder"])]
    if verb == "average":
        return made_lines(document)
    if verb == "check":
        shown = ("changed", "rows", "written", "out")
        made = ({name: each[name] for name in shown} for each in document["repairs"])
        return [words.t("repair.rows", **each) for each in made]
    return []


def made_to_talk_to(record: JobRecord) -> str | None:
    """What it made, where that is a model without a screen of its own."""
    verb, document = _made(record)
    brought = verb == "fetch" and "--dataset" not in record.command()
    return document["folder"] if brought or verb == "average" else None


def _made(record: JobRecord) -> tuple[str, dict[str, Any]]:
    """Its verb and its document; both empty without one."""
    command, document = record.command(), record.result()
    return (command[0], document) if command and document is not None else ("", {})


def wanted_login(error: DanluError | None) -> Hub | None:
    """The hub whose token was missing or refused, where that is what a job failed of."""
    if error is None or not error.code.startswith(("publish.no_token_", "publish.token_refused")):
        return None
    named = error.values.get("hub", error.code)
    return next((hub for hub in HUBS if HUB_NAMES[hub] == named or named.endswith(hub)), None)
