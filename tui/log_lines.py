"""What the log of a run says: a ring of lines whose words are found when they are shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine import words
from engine.runs.journal import Event
from engine.spec.sections import PARAMETERS
from engine.units import human_bytes
from tui.trouble import trouble_of
from tui.widgets.ticks import number

RING = 5000

_WORDS = {"true": "wizard_parameters.on", "false": "wizard_parameters.off"}


class LogLine(NamedTuple):
    """One line. ``code`` is a word key that ``values`` fill; without one ``said`` is the text.
    An error or a diagnosis is kept as its ``event``."""

    time: float
    level: str
    said: str
    code: str = ""
    values: Mapping[str, Any] = {}
    event: Event | None = None

    @property
    def text(self) -> str:
        """The line in the language in use; the bare code where the catalogue lacks it."""
        if self.event is not None:
            return _trouble_text(self.event)
        if not self.code:
            return self.said
        return words_or(self.code, self.said or self.code, _labelled(self.values))


def _labelled(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter by the name it has on the form, and its value as it stands there."""
    declared = PARAMETERS.get(str(values.get("parameter")))
    if declared is None:
        return values
    value = str(values.get("value", ""))
    if value in _WORDS:
        value = words.t(_WORDS[value])
    elif value.isdigit():
        value = declared.with_unit(value)
    return {**values, "parameter": declared.label, "value": value}


class LogRing:
    """The newest RING lines. ``total`` counts all there ever were, so a line keeps its number."""

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque(maxlen=RING)
        self.total = 0

    def add(self, line: LogLine) -> None:
        self.lines.append(line)
        self.total += 1

    @property
    def first(self) -> int:
        """The number of the oldest line still here."""
        return self.total - len(self.lines)


def words_or(key: str, otherwise: str, values: Mapping[str, Any]) -> str:
    """The words of ``key``; ``otherwise`` when the catalogue has none or a value is missing, as in
    the journal of another version."""
    if not words.has(key):
        return otherwise
    try:
        return words.said(key, values)
    except (KeyError, IndexError, ValueError):
        return otherwise


def line_of(event: Event) -> LogLine | None:
    """The log line an event leaves, if it leaves one."""
    make = _LINES.get(event["kind"])
    return make(event) if make else None


def _log(event: Event) -> LogLine:
    code = event.get("code")
    return LogLine(
        event["time"],
        str(event.get("level") or "info"),
        " ".join(str(event.get("text") or "").split()),
        code or "",
        event.get("values") or {},
    )


def _status(event: Event) -> LogLine | None:
    status = event["status"]
    if status in ("evaluating", "saving", "training"):
        return None  # they come and go; the head line shows them
    level = "error" if status == "failed" else "info"
    return LogLine(event["time"], level, status, f"live.said.{status}", {})


def _checkpoint(event: Event) -> LogLine:
    code = "deleted" if event.get("deleted") else "best_saved" if event.get("best") else "saved"
    values = {"step": event["step"], "size": human_bytes(event.get("bytes") or 0)}
    return LogLine(event["time"], "good", "", f"live.said.{code}", values)


def _eval(event: Event) -> LogLine:
    values = {"step": event["step"], "loss": number(event.get("loss"))}
    return LogLine(event["time"], "good", "", "live.said.evaluated", values)


def _command(event: Event) -> LogLine:
    what = str(event.get("what"))
    return LogLine(event["time"], "info", what, f"live.heard.{what}")


def _trouble_text(event: Event) -> str:
    """What happened; of a diagnosis also why, as the banner shows it for a while only."""
    trouble = trouble_of(event)
    if trouble.grave or not trouble.why:
        return trouble.what
    gap = " " if trouble.what.isascii() else ""
    return f"{trouble.what}{gap}{trouble.why}"


def _trouble(event: Event) -> LogLine:
    level = "error" if event["kind"] == "error" else "warning"
    return LogLine(event["time"], level, "", event=event)


def _plan(event: Event) -> LogLine:
    values = {"steps": event.get("steps"), "rows": event.get("rows")}
    return LogLine(event["time"], "info", "", "live.said.planned", values)


_LINES = {
    "log": _log,
    "status": _status,
    "checkpoint": _checkpoint,
    "eval": _eval,
    "command": _command,
    "notice": _trouble,
    "error": _trouble,
    "plan": _plan,
}
