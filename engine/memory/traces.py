"""Traces, kept by what they depend on, so that turning a value and back costs nothing.

Imports torch: import it inside functions only.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DanluError, reason_of
from engine.memory.trace import Shapes, Trace, trace
from engine.models.quiet import quiet

if TYPE_CHECKING:
    from engine.spec.run_spec import RunSpec

_KEPT = 256
_traces: dict[tuple[object, ...], Trace] = {}
_lock = threading.Lock()


def cached_trace(folder: Path, spec: RunSpec, shapes: Shapes) -> Trace:
    """The trace of a resolved ``spec``, made once for all specs alike in what moves memory.

    Raises DanluError as :func:`engine.memory.trace.trace` does, and ``memory.cannot_trace`` for a
    model whose code does not run without weights."""
    key = _key(folder, spec, shapes)
    with _lock:
        found = _traces.get(key)
        if found is None:
            found = _traces[key] = _made(folder, spec, shapes)
            while len(_traces) > _KEPT:
                del _traces[next(iter(_traces))]
        return found


def _made(folder: Path, spec: RunSpec, shapes: Shapes) -> Trace:
    try:
        with quiet():
            return trace(folder, spec, shapes)
    except DanluError:
        raise
    except (RuntimeError, NotImplementedError, ValueError, TypeError, AttributeError) as error:
        reason = reason_of(error)
        raise DanluError(
            "memory.cannot_trace", exit_code=3, folder=folder, reason=reason
        ) from error


def _key(folder: Path, spec: RunSpec, shapes: Shapes) -> tuple[object, ...]:
    model, method, train = spec.model, spec.method, spec.train
    adapter = Path(method.adapter).expanduser() if method.adapter else None
    return (
        _fingerprint(folder / "config.json"),
        _fingerprint(adapter / "adapter_config.json") if adapter else None,
        (model.quantization, model.double_quantization, model.dtype, model.attn_implementation),
        model.trust_remote_code,
        (
            method.stage,
            method.tuner,
            method.lora_rank,
            bool(method.lora_dropout),
            method.target_modules,
        ),
        (method.use_dora, method.freeze_trainable_layers),
        (train.gradient_checkpointing, train.optim, bool(train.label_smoothing_factor)),
        bool(train.weight_decay),
        astuple(shapes),
    )


def _fingerprint(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
