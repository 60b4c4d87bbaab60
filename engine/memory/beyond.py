"""What a trace cannot see: the CUDA context, fragments, libraries, the process itself.

On a card (published runs with both figures, fused-linear loss, one GPU): nvidia-smi shows about
half a GiB of context, and fragments of an eighth of what comes and goes; large blocks that stay
(weights, optimizer states, gradients) leave none.

In RAM (SmolLM2-135M, peak resident size of the whole process): glibc gives freed blocks of less
than 32 MiB back late, so a third of what comes and goes is added, gradients included; and with
checkpointing up to 1.7 times as much, for a forward frees every layer's insides without being given
them again (``malloc_trim`` gave 1.2 GiB back in the middle of such a step).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from engine.memory.items import Item
from engine.units import MIB

if TYPE_CHECKING:
    from engine.hardware import Machine
    from engine.memory.trace import Trace
    from engine.spec.run_spec import RunSpec

_CONTEXT = 512 * MIB
_WORKSPACE = 8_519_680  # cuBLAS, torch's default: two of 4 MiB, eight of 16 KiB
_WORKSPACE_HOPPER = 32 * MIB
_MOVING = ("activations", "recomputed", "loss", "backward", "step")
_FRAGMENTS_ON_CARD = 0.12
_FRAGMENTS_PACKED = 0.17  # with unpacked matrices coming and going between them
_FRAGMENTS_IN_RAM = 0.35
_FRAGMENTS_IN_RAM_CHECKPOINTED = 1.7
_TRAINER_LIBRARIES = 134 * MIB  # trl, accelerate, datasets, once a run has loaded them


@dataclass(frozen=True)
class Beyond:
    """``items`` to add; how much of them torch's counter sees; free memory they come out of."""

    items: tuple[Item, ...]
    allocated_bytes: int
    free_bytes: int


def beyond_the_trace(spec: RunSpec, traced: Trace, machine: Machine) -> Beyond:
    """The further items of a resolved ``spec`` on ``machine``."""
    moving = sum(traced.at_peak.get(kind, 0) for kind in _MOVING)
    gpu = machine.gpu
    if gpu is None:
        return _in_ram(spec, moving + traced.at_peak.get("gradients", 0), machine)
    workspace = _WORKSPACE_HOPPER if gpu.capability[0] == 9 else _WORKSPACE
    share = _FRAGMENTS_ON_CARD if spec.model.quantization == "none" else _FRAGMENTS_PACKED
    items = (
        Item("workspace", workspace, "workspace"),
        Item("context", _CONTEXT, "context"),
        Item("slack", round(share * moving), "slack"),
    )
    return Beyond(items, workspace, gpu.free_bytes)


def _in_ram(spec: RunSpec, moving: int, machine: Machine) -> Beyond:
    """On the CPU: this process holds its libraries already, so what it holds counts as both
    required and free."""
    held = psutil.Process().memory_info().rss
    missing = 0 if "trl.trainer.sft_trainer" in sys.modules else _TRAINER_LIBRARIES
    checkpointed = spec.train.gradient_checkpointing
    share = _FRAGMENTS_IN_RAM_CHECKPOINTED if checkpointed else _FRAGMENTS_IN_RAM
    items = (
        Item("process", held + missing, "process"),
        Item("slack", round(share * moving), "slack_ram"),
    )
    return Beyond(items, 0, machine.ram_free_bytes + held)
