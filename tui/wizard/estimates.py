"""What the wizard asks the engine about memory. As in :mod:`tui.wizard.findings`, ``ask_…`` start
work where none is done for the spec as it is now, and nothing here waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DanluError
from engine.job import Job
from tui.wizard import findings
from tui.wizard.desk import Task
from tui.wizard.draft import Draft

if TYPE_CHECKING:
    from engine.memory.estimate import Estimate


def is_away(draft: Draft) -> bool:
    """Whether the model is known not to be on this machine."""
    here = findings.ask_here(draft, draft.spec.model.source)
    return here.done and here.error is None and findings.local_folder(draft) is None


def ask_shapes(draft: Draft) -> Path | None:
    """A folder that tells the model's shapes: its own, else one with its ``config.json`` alone,
    from a hub or the catalogue. None while that is looked for, and where nothing tells them."""
    folder = findings.local_folder(draft)
    if folder is not None or not is_away(draft):
        return folder
    model = draft.spec.model

    def look(job: Job) -> Path | None:
        from engine.memory.model_config import config_folder

        try:
            return config_folder(model, job)
        except DanluError:  # the model is fetched first, then
            return None

    return draft.desk.ask("shapes", (model.source, model.hub, model.revision), look).result


def seeking_shapes(draft: Draft) -> bool:
    """Whether the shapes of a model that is elsewhere are being looked for."""
    task = draft.desk.find("shapes")
    return is_away(draft) and task is not None and not task.done


def ask_estimate(draft: Draft) -> Task[Estimate] | None:
    """The memory and disk the spec as it is now would take; None where the model's shapes are not
    known."""
    folder = ask_shapes(draft)
    if folder is None or draft.exclusions():
        draft.desk.forget("estimate")  # it told of another spec
        return None
    return draft.desk.ask("estimate", _key(draft, folder), _work(draft, folder, changes=False))


def ask_changes(draft: Draft) -> None:
    """The same estimate with what would change it, which takes some traces more: begun when the
    estimate itself is there."""
    done = draft.desk.find("estimate")
    folder = ask_shapes(draft)
    if done is None or done.result is None or folder is None:
        draft.desk.forget("changes")
        return
    draft.desk.ask("changes", done.key, _work(draft, folder, changes=True))


def verdict(draft: Draft) -> str | None:
    """``fits``, ``tight`` or ``does_not_fit`` of the last estimate; None while there is none."""
    task = draft.desk.find("estimate")
    if task is None or task.result is None:
        return None
    return str(task.result.document()["verdict"])


def _work(draft: Draft, folder: Path, *, changes: bool) -> Callable[[Job], Estimate]:
    spec, machine = draft.spec, draft.machine
    rows, longest = findings.row_sizes(draft)

    def look(job: Job) -> Estimate:
        from engine.memory.estimate import estimate

        return estimate(
            spec, folder, machine, max_row_tokens=longest, rows=rows, with_changes=changes, job=job
        )

    return look


def _key(draft: Draft, folder: Path) -> str:
    spec = draft.spec
    return repr((spec.model, spec.data, spec.method, spec.train, folder, findings.row_sizes(draft)))
