"""How quick runs were on this machine, kept in ``$DANLU_HOME/rates.jsonl`` to forecast from."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from engine.errors import DanluError
from engine.home import home
from engine.runs.journal import Event, read_journal
from engine.runs.store import Run, list_runs
from engine.spec.resolve import epochs_of
from engine.spec.run_spec import RunSpec
from engine.spec.stages import epochs_beside

PROBED = "probe "  # how the ``run`` of measured steps begins; no run's name holds a space
_NAME = "rates.jsonl"
_KEPT = 200
_LOOKED_AT = 12  # earlier runs that are read when there is no file yet
_FARTHEST = math.log(16)  # models sixteen times larger or smaller tell nothing
_UNLIKE = {"tuner": 0.7, "quantization": 0.4, "checkpointing": 0.3, "dtype": 0.4}


@dataclass(frozen=True)
class Rate:
    """What one run reached: tokens a second over all its steps, and how long its rows were.
    ``parameters`` and what follows tell how alike another run is."""

    run: str
    device: str
    parameters: int
    tuner: str
    quantization: str
    checkpointing: bool
    dtype: str
    tokens_per_second: float
    tokens_per_row: float
    steps: int

    @property
    def probed(self) -> bool:
        """Whether it is of steps that were measured and thrown away, of no run that is kept."""
        return self.run.startswith(PROBED)

    def distance(self, other: Rate) -> float:
        """How unlike two runs are; infinite on another device, or with a far larger model."""
        sizes = abs(math.log(self.parameters / other.parameters))
        if self.device != other.device or sizes > _FARTHEST:
            return math.inf
        unlike = (name for name in _UNLIKE if getattr(self, name) != getattr(other, name))
        return sizes + sum(_UNLIKE[name] for name in unlike)


@dataclass(frozen=True)
class Pace:
    """A forecast: the rate expected, and the run it is told from."""

    tokens_per_second: float
    tokens_per_row: float
    told_from: Rate

    def seconds(self, rows: float, tokens_per_row: float | None = None) -> float:
        """Time for ``rows`` in all, each epoch counted."""
        return rows * (tokens_per_row or self.tokens_per_row) / self.tokens_per_second

    def run_seconds(self, spec: RunSpec, rows: int, tokens_per_row: float | None = None) -> float:
        """Time for a run of the resolved ``spec`` with ``rows`` to train on: its epochs, and what
        is done for all rows before. Without ``tokens_per_row`` they are as long as those of the run
        that this is told from."""
        return self.seconds(rows * (epochs_of(spec, rows) + epochs_beside(spec)), tokens_per_row)


def rate_of(run: Run, name: str | None = None) -> Rate | None:
    """What ``run`` reached, by its journal; None for one that hardly began. Raises DanluError where
    its spec cannot be read."""
    events = read_journal(run.path)
    plan = next((event for event in events if event["kind"] == "plan"), None)
    steps = [event for event in events if event["kind"] == "step" and event.get("tokens")]
    if plan is None or len(steps) < 2 or not plan.get("parameters"):
        return None
    pace = _tokens_per_second(steps)
    last = steps[-1]
    batch = plan["micro_batch"] * plan["accumulation"]
    rows = min(last["step"] * batch, (last.get("epoch") or math.inf) * plan["rows"])
    if pace is None or not rows:
        return None
    return shape_of(
        run.spec(),
        plan["parameters"],
        plan["device"],
        dtype=plan["dtype"],
        run=name or run.name,
        tokens_per_second=pace,
        tokens_per_row=last["tokens"] / rows,
        steps=last["step"],
    )


def _tokens_per_second(steps: list[Event]) -> float | None:
    """The middle of what its steps tell: pauses and evaluations between them do not count."""
    told = [event.get("tokens_per_second") for event in steps[1:]]
    known = [float(value) for value in told if value]
    return median(known) if known else None


def shape_of(
    spec: RunSpec,
    parameters: int,
    device: str,
    *,
    dtype: str | None = None,
    run: str = "",
    tokens_per_second: float = 0.0,
    tokens_per_row: float = 0.0,
    steps: int = 0,
) -> Rate:
    """What decides the pace of a run of ``spec``, as a rate to compare with."""
    return Rate(
        run=run,
        device=device,
        parameters=parameters,
        tuner=spec.method.tuner,
        quantization=spec.model.quantization,
        checkpointing=bool(spec.train.gradient_checkpointing),
        dtype=dtype or spec.model.dtype,
        tokens_per_second=tokens_per_second,
        tokens_per_row=tokens_per_row,
        steps=steps,
    )


def keep_rate(rate: Rate) -> None:
    """Remember a rate; a run of the same name takes the place of the one before."""
    kept = [each for each in _read() if each.run != rate.run][-_KEPT + 1 :]
    _write([*kept, rate])


def keep_rate_of(run: Run) -> None:
    """Remember what ``run`` reached. A disk that is full, or a run without steps, keeps nothing."""
    with contextlib.suppress(OSError, DanluError, KeyError, TypeError, ValueError):
        found = rate_of(run)
        if found is not None:
            keep_rate(found)


def known_rates() -> list[Rate]:
    """All that are kept, the oldest first. The first time, those of the last runs are found out."""
    if not _path().exists():
        with contextlib.suppress(OSError):  # a home that cannot be written: they are read again
            _write([])
        for run in reversed(list_runs()[:_LOOKED_AT]):
            keep_rate_of(run)
    return _read()


def pace_for(wanted: Rate) -> Pace | None:
    """What is to be expected of a run like ``wanted``, told from the one most like it, the newest
    of equals: a model twice as large takes twice as long. None where none is like it."""
    near = sorted(reversed(known_rates()), key=wanted.distance)
    if not near or math.isinf(wanted.distance(near[0])):
        return None
    rate = near[0]
    scaled = rate.tokens_per_second * rate.parameters / wanted.parameters
    return Pace(scaled, rate.tokens_per_row, rate)


def _path() -> Path:
    return home() / _NAME


def _read() -> list[Rate]:
    try:
        lines = _path().read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):  # of another version
            found.append(Rate(**json.loads(line)))
    return found


def _write(rates: list[Rate]) -> None:
    from engine.runs.atomic import write_atomically

    lines = (json.dumps(asdict(rate), ensure_ascii=False) for rate in rates)
    write_atomically(_path(), "".join(line + "\n" for line in lines))
