"""A new run that begins with what another training learned: its weights, and nothing else.

Optimizer, learning rate, steps and journal are fresh, data and settings may be others. To go on
with a run as it stood is :mod:`engine.runs.extend`. Without torch.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DanluErrors
from engine.runs.store import SPEC_NAME, Run, checkpoint_step
from engine.spec.exclusions import excluded
from engine.spec.run_spec import Origin, RunSpec
from engine.spec.sections import Method, Model
from engine.train.card import read_card

if TYPE_CHECKING:
    from engine.chat.target import ChatTarget

_ADAPTER_CONFIG = "adapter_config.json"
_ADAPTER_WEIGHTS = "adapter_model.safetensors"
_STATE = "trainer_state.json"
_CHANGED = ("model.source", "method.adapter")
_LONGEST_LIST = 40  # target modules named one by one in a spec


def spec_from(target: ChatTarget | str, spec: RunSpec | None = None) -> RunSpec:
    """A spec that starts from the weights of ``target`` (a run, checkpoint, adapter or model): an
    adapter is trained on, a full model takes the base's place. All else is as ``spec`` says, or
    without one as the run asked that made them; of weights without a run the data is left empty.

    Raises DanluError ``chat.*`` for the target and ``excluded.adapter_not_lora`` for a ``spec``
    that does not train an adapter where the weights are one.
    """
    from engine.chat.target import resolve_target

    found = resolve_target(target) if isinstance(target, str) else target
    start = spec
    if start is None:
        start = replace(found.run.spec() if found.run else RunSpec(), run=RunSpec().run)
    model, method = _model(start, found), _method(start, found)
    origins = {**start.origins, **dict.fromkeys(_CHANGED, Origin("you"))}
    made = replace(start, model=model, method=method, origins=origins)
    problems = excluded(made.values())
    if problems:
        raise DanluErrors(problems)
    return made


def lineage(spec: RunSpec) -> dict[str, Any] | None:
    """What the weights are that a run of ``spec`` starts from, for its card; None where it starts
    from a plain model. ``of`` is the lineage of those weights in turn."""
    folder = starting_folder(spec)
    if folder is None:
        return None
    run = Run(folder.parent) if (folder.parent / SPEC_NAME).is_file() else None
    weights = folder / _ADAPTER_WEIGHTS
    return {
        "kind": "adapter" if spec.method.adapter else "full",
        "path": str(folder),
        "run": run.name if run else None,
        "checkpoint": folder.name,
        "step": _step(folder),
        "sha256": sha256_of(weights) if weights.is_file() else None,
        "of": read_card(run.path).get("lineage") if run else None,
    }


def starting_folder(spec: RunSpec) -> Path | None:
    """The checkpoint or adapter a run of ``spec`` starts from; None for a plain model. A run that
    has no checkpoint of its own yet needs that folder."""
    if spec.method.adapter:
        return Path(spec.method.adapter).expanduser()
    folder = Path(spec.model.source).expanduser()
    trained = (folder / _STATE).is_file() or (folder.parent / SPEC_NAME).is_file()
    return folder if trained and folder.is_dir() else None


def _model(spec: RunSpec, target: ChatTarget) -> Model:
    """How ``spec`` loads its model, of ``target``'s source."""
    if target.weights is not None:
        return replace(spec.model, source=str(target.weights), hub="auto", revision=None)
    base = target.base
    return replace(spec.model, source=base.source, hub=base.hub, revision=base.revision)


def _method(spec: RunSpec, target: ChatTarget) -> Method:
    """The adapter of ``target``, with its own rank and modules, for those are what is trained."""
    if target.adapter is None:
        return replace(spec.method, adapter=None)
    config = json.loads((target.adapter / _ADAPTER_CONFIG).read_text(encoding="utf-8"))
    known = spec.method
    modules = config.get("target_modules")
    if isinstance(modules, list) and modules and len(modules) <= _LONGEST_LIST:
        known = replace(known, target_modules=",".join(sorted(modules)))
    return replace(
        known,
        adapter=str(target.adapter),
        lora_rank=int(config.get("r") or known.lora_rank),
        lora_alpha=int(config.get("lora_alpha") or known.lora_alpha),
        lora_dropout=_dropout(known, config),
        use_rslora=bool(config.get("use_rslora")),
        use_dora=bool(config.get("use_dora")),
    )


def _dropout(method: Method, config: dict[str, Any]) -> float | None:
    """The adapter's own, with which PEFT loads it; preferences are trained without any unless a
    person wants it."""
    if method.stage == "dpo":
        return method.lora_dropout
    return float(config.get("lora_dropout") or 0.0)


def _step(folder: Path) -> int | None:
    if checkpoint_step(folder) >= 0:
        return checkpoint_step(folder)
    try:
        return json.loads((folder / _STATE).read_text(encoding="utf-8")).get("global_step")
    except (OSError, ValueError, AttributeError):
        return None


def sha256_of(path: Path) -> str:
    """The hash of a file, as lower-case hex."""
    with path.open("rb") as file:
        found = hashlib.sha256()
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
