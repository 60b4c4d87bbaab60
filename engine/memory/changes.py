"""The question turned round: which changes would fit, and what each costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine import words
from engine.errors import DanluError

if TYPE_CHECKING:
    from engine.hardware import Machine
    from engine.job import Job
    from engine.memory.estimate import Estimate
    from engine.spec.run_spec import RunSpec

_SHORTEST = 256
_SMALL_RANK = 8
# Arithmetic per token in units of one forward: backward is two with every weight trained, one with
# the base frozen; checkpointing adds one forward.
_FULL, _FROZEN = 3.0, 2.0


@dataclass(frozen=True)
class Change:
    """Values to ``set`` (dotted parameter → value), what that saves (negative: costs), the
    ``speed`` after it relative to now (None: not known beforehand), ``why`` as word code below
    ``memory.change.``, and whether the run ``fits`` then."""

    set: Mapping[str, Any]
    saves_bytes: int
    speed: float | None
    why: str
    fits: bool
    required_bytes: int
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def why_text(self) -> str:
        return words.t(f"memory.change.{self.why}", **self.values)

    def document(self) -> dict[str, Any]:
        return {
            "set": dict(self.set),
            "saves_bytes": self.saves_bytes,
            "speed": self.speed,
            "why": self.why_text,
            "code": self.why,
            "fits": self.fits,
            "required_bytes": self.required_bytes,
        }


@dataclass(frozen=True)
class Idea:
    """A change not yet measured."""

    set: Mapping[str, Any]
    speed: float | None
    why: str
    values: Mapping[str, Any] = field(default_factory=dict)


def changes_of(
    now: Estimate, again: Callable[[RunSpec], Estimate], machine: Machine, job: Job
) -> tuple[Change, ...]:
    """Every idea measured by ``again`` (an estimate of a changed spec), most useful first: where
    ``now`` does not fit, what makes it fit with the least loss; else what makes it faster."""
    ideas = list(_savers(now.spec, now, on_card=machine.gpu is not None))
    ideas += _quicker(now.spec)
    made = []
    for count, idea in enumerate(ideas, start=1):
        job.report("tracing", count, len(ideas) + 1, "traces")
        change = _measured(now, idea, again)
        if change is not None and _useful(change, now):
            made.append(change)
    return tuple(sorted(made, key=lambda change: _rank(change, now)))


def _useful(change: Change, now: Estimate) -> bool:
    if change.saves_bytes < 0:  # it costs memory: worth saying where that is there, for speed
        return change.fits and (change.speed is None or change.speed > 1)
    return change.saves_bytes > 0.01 * now.required_bytes or (change.speed or 1) > 1


def _rank(change: Change, now: Estimate) -> tuple[bool, bool, int, int]:
    if now.verdict == "fits":
        return (not change.fits, change.saves_bytes >= 0, _harm(change), -change.saves_bytes)
    return (not change.fits, change.saves_bytes < 0, _harm(change), -change.saves_bytes)


def _harm(change: Change) -> int:
    """How much a person gives up: 0 time alone, 1 precision of the base, 2 what is learned."""
    return {"shorter_rows": 2, "smaller_rank": 2, "adapter_only": 2, "four_bits": 1}.get(
        change.why, 0
    )


def _measured(now: Estimate, idea: Idea, again: Callable[[RunSpec], Estimate]) -> Change | None:
    try:
        then = again(now.spec.with_values(idea.set))
    except DanluError:  # a combination that cannot be trained is no proposal
        return None
    return Change(
        set=idea.set,
        saves_bytes=now.required_bytes - then.required_bytes,
        speed=idea.speed,
        why=idea.why,
        fits=then.verdict != "does_not_fit",
        required_bytes=then.required_bytes,
        values=idea.values,
    )


def _savers(spec: RunSpec, now: Estimate, *, on_card: bool) -> Iterator[Idea]:
    """What saves memory, least harmful first."""
    work = _FULL if spec.method.tuner == "full" else _FROZEN
    if not spec.train.gradient_checkpointing:
        yield Idea({"train.gradient_checkpointing": True}, round(work / (work + 1), 2), "recompute")
    if spec.train.per_device_train_batch_size > 1:
        yield _rows(spec, spec.train.per_device_train_batch_size // 2, "fewer_rows")
    if spec.train.label_smoothing_factor:
        yield Idea({"train.label_smoothing_factor": 0.0}, None, "no_smoothing")
    if on_card and spec.method.tuner != "lora" and spec.train.optim.startswith("adamw_torch"):
        yield Idea({"train.optim": "adamw_8bit"}, 1.0, "small_states")
    if on_card and spec.method.tuner == "lora" and spec.model.quantization == "none":
        yield Idea({"model.quantization": "nf4"}, None, "four_bits")
    if now.length >= 2 * _SHORTEST:
        half = now.length // 2
        yield Idea({"data.max_length": half}, None, "shorter_rows", {"length": half})
    if spec.method.tuner != "lora":
        yield Idea({"method.tuner": "lora"}, round(work / _FROZEN, 2), "adapter_only")
    elif spec.method.lora_rank > _SMALL_RANK and not spec.method.adapter:
        yield Idea({"method.lora_rank": _SMALL_RANK}, 1.0, "smaller_rank", {"rank": _SMALL_RANK})


def _quicker(spec: RunSpec) -> Iterator[Idea]:
    """What takes memory and gives speed."""
    work = _FULL if spec.method.tuner == "full" else _FROZEN
    if spec.train.gradient_checkpointing:
        faster = round((work + 1) / work, 2)
        yield Idea({"train.gradient_checkpointing": False}, faster, "no_recompute")
    if not spec.train.packing:
        yield _rows(spec, 2 * spec.train.per_device_train_batch_size, "more_rows")


def _rows(spec: RunSpec, rows: int, why: str) -> Idea:
    """Another micro-batch with as many rows per optimizer step as before."""
    a_step = spec.train.per_device_train_batch_size * (spec.train.gradient_accumulation_steps or 1)
    accumulation = max(1, round(a_step / rows))
    return Idea(
        {
            "train.per_device_train_batch_size": rows,
            "train.gradient_accumulation_steps": accumulation,
        },
        None,
        why,
        {"rows": rows, "accumulation": accumulation},
    )
