"""The lines of the first screen: what is at work, where to start, what to go on with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import words
from tui.home_facts import AtWork, Facts, Served

if TYPE_CHECKING:
    from tui.run_watch import RunState

_FRAME = 4  # lines of the screen that are not the menu's, one of them left free


@dataclass(frozen=True)
class Entry:
    """One line of the menu: a blank line, a heading (``title`` alone), a choice, a run, a server,
    a job, or the heading of the runs' ``columns``."""

    action: str = ""
    key: str = ""
    title: str = ""
    note: str = ""
    run: RunState | None = None
    served: Served | None = None
    job: AtWork | None = None
    columns: bool = False

    @property
    def identity(self) -> tuple[str, str]:
        if self.run:
            return self.action, self.run.name
        if self.job:
            return self.action, self.job.record.name
        return self.action, self.served.serving.name if self.served else ""


def menu(facts: Facts, height: int) -> list[Entry]:
    """All lines, on a screen of ``height``."""
    entries = [Entry(), *_at_work(facts), *_choices(facts)]
    if not facts.runs and not facts.running and facts.machine:
        added = _newcomer()
        entries += added if len(entries) + len(added) <= height - _FRAME + 1 else []
    if facts.recent:
        heading = Entry(title=words.t("home.recent"), columns=bool(facts.lines))
        entries += [Entry(), heading]
        room = max(3, height - _FRAME - len(entries))
        entries += [Entry("open", run=state) for state in facts.recent[:room]]
    return entries


def _at_work(facts: Facts) -> list[Entry]:
    """Runs, jobs and servers that are alive."""
    entries: list[Entry] = []
    if facts.running or facts.at_work:
        entries.append(Entry(title=words.t("home.running")))
        for number, state in enumerate(facts.running):
            entries.append(Entry("attach", "" if number else "a", run=state))
        entries += [*map(_job_entry, facts.at_work), Entry()]
    if facts.served:
        entries.append(Entry(title=words.t("home.serving")))
        entries += [*map(_served_entry, facts.served), Entry()]
    return entries


def _choices(facts: Facts) -> list[Entry]:
    recipes = words.t("home.recipe_count", count=len(facts.recipes)) if facts.recipes else ""
    runs = words.t("home.run_count", count=facts.runs) if facts.runs else ""
    entries = [
        Entry(title=words.t("home.start")),
        Entry("quick", "1", words.t("home.quick"), words.t("home.quick_note")),
        Entry("own", "2", words.t("home.own"), words.t("home.own_note")),
        Entry("recipes", "3", words.t("home.recipes"), recipes),
        Entry(),
        Entry(title=words.t("home.continue")),
        Entry("runs", "4", words.t("home.runs"), runs),
        Entry("chat", "5", words.t("home.chat"), words.t("home.chat_note")),
        Entry("evaluate", "6", words.t("home.evaluate"), words.t("home.evaluate_note")),
        Entry("export", "7", words.t("home.export"), words.t("home.export_note")),
        Entry("publish", "8", words.t("home.publish"), words.t("home.publish_note")),
    ]
    if facts.jobs:
        count = words.t("home.job_count", count=facts.jobs)
        entries.append(Entry("jobs", "9", words.t("jobs.list"), count))
    return entries


def _newcomer() -> list[Entry]:
    """What danlu is, and the three ways to begin."""
    lines = [
        words.t(f"home.new_{line}") for line in ("about", "learn", "own_data", "ready", "next")
    ]
    return [Entry(), Entry(title=words.t("home.new")), *(Entry(note=line) for line in lines)]


def _served_entry(served: Served) -> Entry:
    requests = words.t("serve.requests", count=served.requests)
    note = f"{served.url or words.t('serve.state.starting')} · {requests}"
    return Entry("served", "", served.serving.name, note, served=served)


def _job_entry(job: AtWork) -> Entry:
    from tui.job_words import doing, job_title

    return Entry("job", "", job_title(job.record), doing(job.state), job=job)
