"""Which weights a model's name stands for: a hub id, ``embedded`` and the folder they are in are
three names of one model, which is loaded once. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.chat.part import Part
from engine.errors import DanluError
from engine.hardware import Machine, machine
from engine.job import Job
from engine.spec.sections import Model

GGUF = ".gguf"


@dataclass(frozen=True)
class Held:
    """``place`` (a folder, or a GGUF file) as it is held in memory: two that are equal answer
    alike, whatever they were called."""

    place: Path
    quantization: str
    double_quantization: bool
    dtype: str


def held(model: Model, on: Machine, job: Job) -> Held:
    """The weights of ``model``, fetched where they are not here. Raises DanluError ``model.*`` and
    ``hub.*``; Cancelled."""
    from engine.models.locate import locate

    if model.source.endswith(GGUF):
        return _held(_gguf(model), model, on)
    return _held(locate(model, job).folder, model, on)


def held_here(model: Model, on: Machine) -> Held | None:
    """As :func:`held`, but None for what is not on this machine."""
    from engine.models.locate import locate_here

    try:
        if model.source.endswith(GGUF):
            return _held(_gguf(model), model, on)
        located = locate_here(model, Job())
    except DanluError:
        return None
    return _held(located.folder, model, on) if located else None


def same_voice(one: Part, other: Part) -> bool:
    """Whether both are the same adapter, or none, on the same weights."""
    if one.adapter != other.adapter:
        return False
    on = machine()
    first, second = held_here(one.model, on), held_here(other.model, on)
    return one.model == other.model or (first is not None and first == second)


def _gguf(model: Model) -> Path:
    path = Path(model.source)
    if not path.is_file():
        raise DanluError("model.not_found", source=model.source)
    return path


def _held(place: Path, model: Model, on: Machine) -> Held:
    from engine.models.load import compute_dtype

    double = model.double_quantization and model.quantization == "nf4"
    return Held(place.resolve(), model.quantization, double, compute_dtype(model, on))
