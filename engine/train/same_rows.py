"""Whether a run that goes on would meet the rows it was trained on so far, in their order.

A checkpoint knows its place in the rows by number alone. The run card keeps the sha256 of every
source's files and each setting that picks, renders and orders rows; both are compared before a run
goes on. Without torch.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.data import encoded
from engine.data.files import locate
from engine.errors import DanluError
from engine.hardware import machine
from engine.job import Job
from engine.runs.journal import JournalWriter
from engine.runs.layout import checkpoint_step
from engine.runs.lock import RunLock
from engine.runs.store import Run
from engine.spec.resolve import resolve
from engine.spec.run_spec import RunSpec, plain
from engine.spec.sections import PARAMETERS, Source
from engine.spec.typed import parse_value, show_value
from engine.train.card import read_card, write_card

_SOURCES = ("data.train", "data.eval")
_ALIKE = ("data.max_dropped",)  # decides whether a run starts, not on which rows
_ORDER = ("method.stage", "train.seed", "train.packing", "train.group_by_length")
_BATCH = ("train.per_device_train_batch_size", "train.gradient_accumulation_steps")
_BATCH_NAME = " × ".join(path.partition(".")[2] for path in _BATCH)
ACCEPTED = "data_changes"  # in the card: what a person took on knowingly


@dataclass(frozen=True)
class RowChange:
    """A source whose files are others now, or a setting with another value. ``before`` and ``now``
    are sha256 or values; None where it was not, or is no more."""

    name: str
    before: str | None
    now: str | None

    @property
    def told(self) -> str:
        """A setting with both its values; of a file its name says enough."""
        if self.name in PARAMETERS or self.name == _BATCH_NAME:
            return f"{self.name} {self.before or '–'} → {self.now or '–'}"
        return self.name


def check_same_rows(run: Run, job: Job) -> None:
    """Raise DanluError ``train.data_changed`` where ``run`` would go on with other rows than those
    its newest checkpoint counted, and what finding the data raises. Reads files that changed."""
    spec = resolve(run.spec(), machine())
    card = read_card(run.path)
    if run.last_checkpoint() is not None and card.get("data"):
        refuse_other_rows(run, spec, fingerprints_of(spec, job))


def refuse_other_rows(run: Run, spec: RunSpec, prints: Mapping[str, str]) -> None:
    """The same for a resolved ``spec`` whose sources have these fingerprints. Where the card keeps
    none, as before a first start, nothing is amiss."""
    changes = row_changes(read_card(run.path), spec, prints)
    if changes:
        last = run.last_checkpoint()
        raise DanluError(
            "train.data_changed",
            run=run.name,
            changed=", ".join(change.told for change in changes),
            step=checkpoint_step(last) if last else 0,
            checkpoint=last.name if last else "",
        )


def accept_rows(run: Run, job: Job) -> tuple[RowChange, ...]:
    """Take the rows as they are now for those of ``run``, and note in its card and journal what
    changed. Raises DanluError ``run.already_running`` and what finding the data raises."""
    spec = resolve(run.spec(), machine())
    card, prints = read_card(run.path), fingerprints_of(spec, job)
    changes = row_changes(card, spec, prints)
    last = run.last_checkpoint()
    if not changes or last is None:
        return ()
    lock = RunLock(run.path)
    try:
        _note(run, card, spec, prints, changes, checkpoint_step(last))
    finally:
        lock.release()
    return changes


def _note(
    run: Run,
    card: Mapping[str, Any],
    spec: RunSpec,
    prints: Mapping[str, str],
    changes: tuple[RowChange, ...],
    step: int,
) -> None:
    entry = {"time": round(time.time(), 3), "step": step, "changes": [asdict(c) for c in changes]}
    settings = {**(card.get("settings") or {}), **_settings(spec)}
    kept = [*(card.get(ACCEPTED) or []), entry]
    write_card(run.path, data=dict(prints), settings=settings, **{ACCEPTED: kept})
    journal = JournalWriter(run.path)
    try:
        values = {"step": step, "changed": ", ".join(change.told for change in changes)}
        journal.write("log", level="warning", code="log.other_rows", values=values)
    finally:
        journal.close()


def fingerprints_of(spec: RunSpec, job: Job) -> dict[str, str]:
    """The sha256 of each source's files by source: those to train on, then those to evaluate on.
    Files that are as they were when last looked at are not read."""
    return {
        source.source: encoded.digest_of_files(locate(source, job).files, job)
        for source in (*spec.data.train, *spec.data.eval)
    }


def row_changes(
    card: Mapping[str, Any], spec: RunSpec, prints: Mapping[str, str]
) -> tuple[RowChange, ...]:
    """What is another thing than the run's ``card`` says. A file that was only moved is the same;
    what the card does not tell of is not compared."""
    before: Mapping[str, str] = card.get("data") or {}
    settings: Mapping[str, str] = card.get("settings") or {}
    found: list[RowChange] = []
    if before and list(before.values()) != list(prints.values()):
        names = dict.fromkeys([*before, *prints])
        changed = [RowChange(name, before.get(name), prints.get(name)) for name in names]
        found = [each for each in changed if each.before != each.now]
    now = _settings(spec)
    for path in (path for path in now if path in settings and path not in _BATCH):
        if not _same(path, settings[path], now[path]):
            found.append(RowChange(path, settings[path], now[path]))
    return (*found, *_batch(settings, now))


def rows_key(spec: RunSpec, prints: Mapping[str, str]) -> str:
    """What stands for the rows of a resolved ``spec``, in their order: another one where the card
    would tell a change, however many make a step."""
    settings = {path: value for path, value in _settings(spec).items() if path not in _BATCH}
    for path in _SOURCES:
        settings[path] = repr(_unnamed(path, settings[path]))
    return hashlib.sha256(repr((list(prints.values()), settings)).encode()).hexdigest()


def _settings(spec: RunSpec) -> dict[str, str]:
    values = spec.values()
    data = [path for path in PARAMETERS if path.startswith("data.") and path not in _ALIKE]
    return {path: show_value(values[path]) for path in (*data, *_ORDER, *_BATCH)}


def _same(path: str, before: str, now: str) -> bool:
    if path not in _SOURCES:
        return before == now
    return _unnamed(path, before) == _unnamed(path, now)


def _unnamed(path: str, text: str) -> list[Any]:
    """The sources without their names, which are told apart by what their files hold."""
    found = parse_value(PARAMETERS[path], text)
    entries = found if isinstance(found, list) else [found]
    return [_options(each) for each in entries]


def _options(entry: Any) -> Any:
    given: dict[str, Any] = entry if isinstance(entry, dict) else {"source": ""}
    try:
        return plain(replace(Source(**given), source=""))
    except TypeError:  # written by another version
        return entry


def _batch(before: Mapping[str, str], now: Mapping[str, str]) -> list[RowChange]:
    """A step takes as many rows as both numbers make together."""
    if any(path not in before for path in _BATCH):
        return []
    was, is_ = (_product(values) for values in (before, now))
    return [] if was == is_ else [RowChange(_BATCH_NAME, str(was), str(is_))]


def _product(settings: Mapping[str, str]) -> int:
    sizes = [int(settings[path] or 1) for path in _BATCH]
    return sizes[0] * sizes[1]
