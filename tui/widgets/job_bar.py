"""Where a piece of long work is: phase, bar, counts, time left. Shows any job."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from engine import words
from engine.job import Job, Progress
from engine.units import human_bytes, human_duration, human_progress
from tui.symbols import sign

_BAR, _SHORT_BAR = 24, 10  # cells; short where the pace is told too and there is no room
_WIDE = 100  # cells


class JobBar(Widget):
    """One line; empty without a job."""

    DEFAULT_CSS = "JobBar { height: 1; color: $foreground; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._line = Content("")

    def show(self, job: Job | None, hint: str = "") -> None:
        """Draw the job as it is now; ``hint`` says which key does what to it."""
        self.show_progress(job.progress if job else None, hint, paused=bool(job and job.paused))

    def show_progress(
        self, progress: Progress | None, hint: str = "", *, paused: bool = False
    ) -> None:
        """The same of a job of which only this is known."""
        line = Content("")
        if progress is not None:
            line = progress_line(progress, self.size.width, hint, paused=paused)
        if line != self._line:
            self._line = line
            self.refresh()

    def render(self) -> Content:
        return self._line


def progress_line(
    progress: Progress, cells: int, hint: str = "", *, paused: bool = False
) -> Content:
    """``fetching model  █████▒·····  120 MiB / 256 MiB  8.1 MiB/s  0:12 left   x cancel`` in
    ``cells``."""
    bar = Content("")
    if progress.total:
        size = _BAR if progress.pace is None or cells >= _WIDE else _SHORT_BAR
        full = min(size, int(size * progress.done / progress.total))
        bar = Content.assemble(
            (sign("full") * full, "$ember"), (sign("empty") * (size - full), "$ash"), "  "
        )
    left = None if paused else progress.seconds_left
    pace = "" if paused else pace_text(progress)
    phase = words.t("wizard.paused") if paused else phase_text(progress.phase)
    time_left = words.t("wizard.time_left", time=human_duration(left)) if left is not None else ""
    parts: list[str | Content | tuple[str, str]] = [
        (f"{phase}  ", "bold"),
        bar,
        f"{human_progress(progress.done, progress.total, progress.unit)}  ",
        f"{pace}  " if pace else "",
        (f"{time_left}  ", "$ash"),
        (hint, "$ash"),
    ]
    return Content.assemble(*parts).truncate(max(1, cells), ellipsis=True)


def phase_text(phase: str) -> str:
    """The phase in words; a general one where the catalogue has none."""
    key = f"phase.{phase}"
    return words.t(key) if words.has(key) else words.t("wizard.working")


def pace_text(progress: Progress) -> str:
    """``8.1 MiB/s``, where the pace is known."""
    return "" if progress.pace is None else f"{human_bytes(progress.pace)}/s"
