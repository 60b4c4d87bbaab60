"""What ``transformers serve`` answers as danlu's own server does, told before it is started.

Written from the sources of transformers 5.12 and 5.23 (``cli/serving/model_manager.py``,
``integrations/peft.py``). Loads neither torch nor transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from engine.errors import DanluError
from engine.hardware import machine
from engine.serve.adapter_facts import WEIGHTS_NAME, adapter_config, misplaced_weight, set_feature
from engine.serve.plan import Named, Why
from engine.spec.sections import Model
from engine.units import human_bytes

# What transformers asks for before it serves (utils/import_utils.is_serve_available), and what our
# guard in front of it needs.
LIBRARIES = ("pydantic", "fastapi", "uvicorn", "openai", "starlette")
# Adapters of these kinds may be loaded otherwise than PEFT itself does.
_SPECIAL = (
    "use_dora", "modules_to_save", "trainable_token_indices", "target_parameters",
    "layer_replication",
    "lora_bias", "alora_invocation_tokens", "use_bdlora", "use_qalora", "megatron_config",
)  # fmt: skip
_TEXT_MODELS = ("ForCausalLM", "LMHeadModel")
_SPARE = 1.2  # times the weights' bytes that must be free


def missing_libraries() -> list[str]:
    """The libraries it lacks here."""
    return [name for name in LIBRARIES if find_spec(name) is None]


def unfit(model: Model, named: Sequence[Named], base: Path | None) -> Why | None:
    """Why ``transformers serve`` would not answer as what was tuned does; None where it would.
    ``base`` is where the model lies; None while it is not on this machine, when what is to be read
    from it is passed over. Raises DanluError for a model or an adapter that is broken."""
    return _unfit_setting(model) or _unfit_adapter(named) or _unfit_base(model, named, base)


def too_large(model: Model, named: Sequence[Named], base: Path | None) -> Why | None:
    """Whether memory is short: for each further name it loads the base again, which then goes in
    favour of the first (:mod:`engine.serve.held_as_ours`), but for what bitsandbytes holds."""
    if base is None or len(named) < 2:
        return None
    copies = 2 if model.quantization == "none" else len(named)
    needed, free = int(_bytes_held(model, base) * copies * _SPARE), machine().free_bytes
    if needed <= free:
        return None
    return Why(
        "memory", {"copies": copies, "needed": human_bytes(needed), "free": human_bytes(free)}
    )


def _unfit_setting(model: Model) -> Why | None:
    if model.trust_remote_code:
        return Why("own_code")
    if model.source.endswith(".gguf"):
        return Why("quantised", {"method": "GGUF"})
    if model.quantization == "nf4" and not _same_nf4(model):
        return Why("nf4")
    return None


def _same_nf4(model: Model) -> bool:
    """Its nf4 is always quantised twice and calculates in float32."""
    from engine.models.load import compute_dtype

    return model.double_quantization and compute_dtype(model, machine()) == "float32"


def _unfit_adapter(named: Sequence[Named]) -> Why | None:
    for each in named:
        if each.adapter is None:
            continue
        kind = str(adapter_config(each.adapter).get("peft_type", "LORA"))
        if kind != "LORA":
            return Why("adapter", {"adapter": each.name, "feature": kind})
        if not (each.adapter / WEIGHTS_NAME).is_file():
            return Why("adapter", {"adapter": each.name, "feature": f"– {WEIGHTS_NAME}"})
    found = set_feature(named, _SPECIAL)
    return Why("adapter", {"adapter": found[0], "feature": found[1]}) if found else None


def _unfit_base(model: Model, named: Sequence[Named], base: Path | None) -> Why | None:
    if base is None:
        return None
    from engine.models.describe import describe

    facts = describe(base)
    if facts.quantized:
        return Why("quantised", {"method": facts.quantized})
    if not facts.architecture.endswith(_TEXT_MODELS):
        return Why("architecture", {"architecture": facts.architecture or "?"})
    for each in named:
        if each.adapter and (weight := misplaced_weight(each.adapter, base)):
            return Why("adapter", {"adapter": each.name, "feature": weight})
    return None


def _bytes_held(model: Model, base: Path) -> int:
    from engine.models.describe import describe
    from engine.models.load import compute_dtype

    each = {"nf4": 0.6, "int8": 1.1, "float32": 4.0}
    kind = model.quantization if model.quantization != "none" else compute_dtype(model, machine())
    return int(describe(base).parameters * each.get(kind, 2.0))


def options(model: Model) -> list[str]:
    """How it is to hold ``model``: as :func:`engine.models.load.load_model` does. The device is
    left to the process itself."""
    from engine.models.load import attention, compute_dtype

    on = machine()
    held = compute_dtype(model, on)
    said = ["--dtype", held, "--attn-implementation", attention(model, on, held)]
    if model.quantization != "none":
        said += ["--quantization", {"nf4": "bnb-4bit", "int8": "bnb-8bit"}[model.quantization]]
    # Never unloads what is not asked for a while: below 0 the timer does nothing.
    return [*said, "--model-timeout=-1"]


def refusal(why: Why) -> DanluError:
    """The error of one who asked for ``transformers serve`` by name."""
    return DanluError("serve.transformers_refuses", reason=why.text())
