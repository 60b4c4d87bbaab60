"""What the first screen tells of this machine. Importing this costs nothing; finding out does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.jobs.record import JobRecord
    from engine.jobs.state import JobState
    from engine.recipes import Recipe
    from engine.serve.serving import Serving
    from tui.home_lines import HomeLines
    from tui.run_watch import RunState, RunWatch
    from tui.tree_line import Line

RECENT = 24  # runs to know of; as many are listed as there is room for


@dataclass(frozen=True)
class Served:
    """A server that is alive."""

    serving: Serving
    url: str | None
    requests: int


@dataclass(frozen=True)
class AtWork:
    """A job and how it is."""

    record: JobRecord
    state: JobState


@dataclass(frozen=True)
class Facts:
    """The machine in a few words, the runs being trained, the last others, all recipes, what is
    being served, the jobs at work and how many jobs there are; the lines of the last runs where
    there is room for their columns."""

    machine: str = ""
    running: tuple[RunState, ...] = ()
    recent: tuple[RunState, ...] = ()
    runs: int = 0
    recipes: tuple[Recipe, ...] | None = None
    served: tuple[Served, ...] = ()
    at_work: tuple[AtWork, ...] = ()
    jobs: int = 0
    lines: Mapping[str, Line] = field(default_factory=dict)


def find_facts(watch: RunWatch, known: Facts) -> Facts:
    """Look at the runs and the machine. May take some tenths of a second: call it in a thread."""
    from engine.runs.store import list_runs

    runs = list_runs()
    owned = [run for run in runs if run.owner_alive()]
    running = tuple(state for state in watch.look(owned) if state.active)
    shown = {state.name for state in running}
    others = [run for run in runs if run.name not in shown][:RECENT]
    recent = tuple(watch.look(others))
    jobs = find_jobs()
    return Facts(
        machine_line(),
        running,
        recent,
        len(runs),
        known.recipes,
        tuple(find_served()),
        tuple(job for job in jobs if job.state.active),
        len(jobs),
        known.lines,
    )


def find_served() -> list[Served]:
    """The servers that are alive, the newest first."""
    from engine.home import home

    if not (home() / "serving").is_dir():
        return []
    from engine.serve.serving import servings

    alive = [(each, each.traffic()) for each in servings() if each.alive()]
    return [Served(each, traffic.url, traffic.requests) for each, traffic in alive]


def find_jobs() -> list[AtWork]:
    """The jobs that are at work or ended lately."""
    from engine.home import home

    if not (home() / "jobs").is_dir():
        return []
    from engine.jobs.record import job_records

    return [AtWork(each, each.state()) for each in job_records()]


def jobs_at_work() -> int:
    """How many jobs go on whatever becomes of this process."""
    return sum(job.state.active for job in find_jobs())


def with_lines(facts: Facts, lines: HomeLines) -> Facts:
    """``facts`` with a line for each of their runs. Call it in a thread."""
    return replace(facts, lines=lines.look(state.run for state in (*facts.running, *facts.recent)))


def with_recipes(facts: Facts) -> Facts:
    """``facts`` with the recipes in them, which takes longer: schema and YAML are loaded."""
    from engine.errors import DanluError
    from engine.recipes import list_recipes

    try:
        return replace(facts, recipes=tuple(list_recipes()))
    except DanluError:  # a broken recipe of the person's own: the recipes screen says which
        return replace(facts, recipes=())


def machine_line() -> str:
    """``cpu · 2 cores · 21.4 GiB free`` or ``NVIDIA RTX 4090 · 23.1 GiB free``."""
    from engine import words
    from engine.hardware import machine
    from engine.units import human_bytes

    found = machine()
    free = words.t("home.free", bytes=human_bytes(found.free_bytes))
    if found.gpu is not None:
        count = f"{len(found.gpus)} × " if len(found.gpus) > 1 else ""
        return f"{count}{found.gpu.name} · {free}"
    return f"cpu · {words.t('home.cores', cores=found.cores)} · {free}"
