"""Averaging adapters: checked, combined layer by layer, written aside and put in place.

Imports torch when called; the base is neither loaded nor needed.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.average.asked import Asked, read_asked
from engine.average.room import check_room
from engine.chat.target import ChatTarget, resolve_target
from engine.errors import DanluError
from engine.job import Job
from engine.libraries import import_model_libraries
from engine.runs.averages import RECORD_NAME, note_average
from engine.runs.from_weights import sha256_of
from engine.runs.store import folder_bytes
from engine.train.card import versions
from engine.whole_folder import aside, put

if TYPE_CHECKING:
    from engine.average.combine import Layer


@dataclass(frozen=True)
class Averaged:
    """An adapter that is the mean of others. ``document`` is ``average.json``: among it ``rank``
    and ``kept``, the part of the mean's squared norm that is in it (1 where nothing was cut)."""

    folder: Path
    document: dict[str, Any]


def average(
    targets: Sequence[ChatTarget | str],
    out: Path,
    job: Job,
    *,
    weights: Sequence[float] | None = None,
    rank: int | None = None,
    base: str | None = None,
) -> Averaged:
    """Write the mean of the adapters of ``targets`` to ``out``, as PEFT loads it: exactly, with the
    sum of their ranks, or cut to ``rank``. ``weights`` are shares (equal without); ``base`` names
    the model below all of them. Until it is whole, nothing stands at ``out``.

    Raises DanluError ``average.*``, ``chat.*``; Cancelled.
    """
    out = out.expanduser().absolute()
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise DanluError("average.occupied", folder=out)
    found = [resolve_target(t, base=base) if isinstance(t, str) else t for t in targets]
    for target in found:
        target.tell(job)
    job.report("import_libraries")
    import_model_libraries()
    asked = read_asked(found, weights, base)
    check_room(out, asked, rank)
    with aside(out, "averaging") as made:
        document = _write(asked, made, job, rank, base)
        job.check()
        _put(made, out)
    note_average(out)
    return Averaged(out, {"folder": str(out), **document})


def _write(
    asked: list[Asked], folder: Path, job: Job, rank: int | None, base: str | None
) -> dict[str, Any]:
    from safetensors.torch import save_file

    from engine.average.config import averaged_config
    from engine.export.lora_weights import ADAPTER_CONFIG, ADAPTER_WEIGHTS
    from engine.export.origin import write_json

    layers = _layers(asked, job, rank)
    full = max((len(layer.a) for _, layer in layers.values()), default=0)
    tensors = {key: tensor for pair in _named(layers, full) for key, tensor in pair.items()}
    tensors |= _replaced(asked)
    save_file(tensors, str(folder / ADAPTER_WEIGHTS), metadata={"format": "pt"})
    write_json(folder / ADAPTER_CONFIG, averaged_config(asked, full, base))
    _carry_tokenizer(asked, folder, job)
    energy = sum(layer.energy for _, layer in layers.values())
    kept = sum(layer.kept for _, layer in layers.values())
    document = {
        "created": round(time.time(), 3),
        "adapters": [_source(each) for each in asked],
        "base": base or asked[0].target.base.source,
        "rank": full,
        "exact": rank is None or energy == kept,
        "kept": kept / energy if energy else 1.0,
        "layers": len(layers),
        "whole_tensors": len(asked[0].lora.replaced),
        "versions": versions(),
    }
    write_json(folder / RECORD_NAME, document)
    return {**document, "bytes": folder_bytes(folder)}


def _layers(
    asked: list[Asked], job: Job, rank: int | None
) -> dict[str, tuple[dict[str, str], Layer]]:
    """For each module the names its parts have in the file, and the mean of what is added there. An
    adapter without the module adds nothing to it."""
    from engine.average.combine import cut, stacked

    modules = sorted({module for each in asked for module in each.lora.modules})
    found = {}
    for done, module in enumerate(modules):
        job.report("averaging", done, len(modules), "layers")
        having = [each for each in asked if module in each.lora.modules]
        layer = stacked([_parts(each, module) for each in having])
        layer = cut(layer, rank) if rank is not None else layer
        found[module] = (having[0].lora.modules[module], layer)
    job.report("averaging", len(modules), len(modules), "layers")
    return found


def _parts(asked: Asked, module: str) -> tuple[Any, Any, float]:
    parts, lora = asked.lora.modules[module], asked.lora
    a, b = (lora.tensor(parts.get(part) or parts[f"embedding_{part}"]) for part in ("a", "b"))
    return a, b, asked.weight * lora.scale(module, len(a))


def _named(layers: dict[str, tuple[dict[str, str], Layer]], rank: int) -> Iterator[dict[str, Any]]:
    from engine.average.combine import padded

    for keys, layer in layers.values():
        whole = padded(layer, rank)
        names = [keys.get(part) or keys[f"embedding_{part}"] for part in ("a", "b")]
        yield dict(zip(names, (whole.a.contiguous(), whole.b.contiguous()), strict=True))


def _replaced(asked: list[Asked]) -> dict[str, Any]:
    """The means of what the adapters hold whole: biases and ``modules_to_save``."""
    from engine.average.combine import mean

    first = asked[0].lora
    return {
        key: mean(
            [each.lora.tensor(each.lora.replaced[name]) for each in asked],
            [each.weight for each in asked],
        )
        for name, key in first.replaced.items()
    }


def _carry_tokenizer(asked: list[Asked], folder: Path, job: Job) -> None:
    """The first adapter's own tokenizer, where it has one. Says so when the templates differ."""
    from engine.export.carry import TOKENIZER_FILES
    from engine.models.describe import chat_template_of

    having = [each for each in asked if (each.lora.folder / "tokenizer_config.json").is_file()]
    if not having:
        return
    source = having[0].lora.folder
    for name in TOKENIZER_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    if len({chat_template_of(each.lora.folder) for each in having}) > 1:
        job.note("average.templates_differ", target=having[0].target.label)


def _source(asked: Asked) -> dict[str, Any]:
    from engine.export.lora_weights import ADAPTER_WEIGHTS

    run = asked.target.run
    return {
        "target": asked.target.label,
        "path": str(asked.lora.folder),
        "run": run.name if run else None,
        "weight": asked.weight,
        "rank": asked.lora.config.get("r"),
        "sha256": sha256_of(asked.lora.folder / ADAPTER_WEIGHTS),
    }


def _put(made: Path, out: Path) -> None:
    try:
        put(made, out)
    except OSError as error:
        raise DanluError("average.occupied", folder=out) from error
