"""Writing repaired rows for the wizard, by a job that outlives it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.data.repair_place import plain_source
from engine.job import Job
from engine.spec.run_spec import plain
from engine.spec.sections import Source
from engine.spec.typed import show_value
from tui.followed_job import follow
from tui.wizard.draft import Draft


@dataclass(frozen=True)
class Written:
    """A file with repaired rows."""

    out: Path
    rows: int


def write_repaired(draft: Draft, source: Source, out: Path, job: Job) -> Written:
    """Write all rows of ``source``, repaired, to ``out``. Raises DanluError ``repair.*``,
    ``jobs.*`` and as reading does; Cancelled."""
    entry = show_value(plain(plain_source(source)))
    command = ["check", entry, "--repair", str(out.absolute()), "--quick"]
    command += ["--stage", draft.spec.method.stage]
    for name, text in draft.spec.data.fill.items():
        command += ["--fill", f"{name}={text}"]
    document = follow(command, job, about=[source.source])
    return Written(out, document["repairs"][0]["written"])
