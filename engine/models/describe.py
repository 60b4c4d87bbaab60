"""What a model folder holds, told from its config and headers without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.models.license import license_of
from engine.models.weights import weights_of

_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length")
_LAYER_KEYS = ("num_hidden_layers", "n_layer", "num_layers")
_WIDTH_KEYS = ("hidden_size", "n_embd", "d_model")
EXPERT_KEYS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")


@dataclass(frozen=True)
class ModelFacts:
    """Sizes in bytes, lengths in tokens; ``dtype`` is the stored one, ``quantized`` the method."""

    architecture: str
    model_type: str
    parameters: int
    weight_bytes: int
    dtype: str
    layers: int
    hidden_size: int
    vocab_size: int
    context_length: int
    license: str | None
    chat_template: bool
    thinking: bool
    quantized: str | None
    experts: bool = False

    @property
    def generates(self) -> bool:
        """Whether it is a model that writes text."""
        return "ForCausalLM" in self.architecture or self.architecture.endswith(
            ("LMHeadModel", "ForConditionalGeneration")
        )


def describe(folder: Path) -> ModelFacts:
    """Describe the model in ``folder``; a few milliseconds.

    Raises DanluError ``model.not_a_model``, ``model.is_adapter``, ``model.broken_file`` and those
    of :func:`engine.models.weights.weights_of`.
    """
    config = read_config(folder)
    quantization = config.get("quantization_config")
    quantization = quantization if isinstance(quantization, dict) else None
    weights = weights_of(folder, quantization)
    template = chat_template_of(folder)
    text = config.get("text_config")
    inner = {**config, **text} if isinstance(text, dict) else config
    architectures = config.get("architectures") or []
    return ModelFacts(
        architecture=str(architectures[0]) if architectures else "",
        model_type=str(config.get("model_type", "")),
        parameters=weights.parameters,
        weight_bytes=weights.size,
        dtype=weights.dtype,
        layers=_first(inner, _LAYER_KEYS),
        hidden_size=_first(inner, _WIDTH_KEYS),
        vocab_size=_first(inner, ("vocab_size",)),
        context_length=_first(inner, _CONTEXT_KEYS),
        license=license_of(folder),
        chat_template=bool(template),
        thinking="<think>" in template,
        quantized=_method(quantization),
        experts=_experts(config),
    )


def has_experts(folder: Path) -> bool:
    """Whether the model in ``folder`` is a mixture of experts; False where its config.json cannot
    be read, which whoever loads it tells of."""
    try:
        return _experts(read_config(folder))
    except DanluError:
        return False


def _experts(config: Mapping[str, Any]) -> bool:
    text = config.get("text_config")
    inner = {**config, **text} if isinstance(text, Mapping) else config
    counts = [inner.get(key) for key in EXPERT_KEYS]
    return any(isinstance(count, int) and count > 1 for count in counts)


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of ``folder``. Raises DanluError ``model.not_a_model``, ``model.is_adapter`` or
    ``model.broken_file``."""
    path = folder / "config.json"
    if not path.is_file():
        adapter = folder / "adapter_config.json"
        if adapter.is_file():
            base = _json(adapter).get("base_model_name_or_path") or "?"
            raise DanluError("model.is_adapter", folder=folder, base=base)
        raise DanluError("model.not_a_model", folder=folder)
    return _json(path)


def chat_template_of(folder: Path) -> str:
    """The chat template the tokenizer in ``folder`` brings (several joined), or an empty string."""
    jinja = folder / "chat_template.jinja"
    if jinja.is_file():
        return jinja.read_text(encoding="utf-8", errors="replace")
    for name in ("chat_template.json", "tokenizer_config.json"):
        path = folder / name
        found = _json(path).get("chat_template") if path.is_file() else None
        if isinstance(found, list):
            found = "\n".join(str(entry.get("template", "")) for entry in found)
        if found:
            return str(found)
    return ""


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DanluError("model.broken_file", file=path, reason=str(error)) from error
    if not isinstance(values, dict):
        raise DanluError("model.broken_file", file=path, reason=type(values).__name__)
    return values


def _first(values: dict[str, Any], keys: tuple[str, ...]) -> int:
    for key in keys:
        if isinstance(values.get(key), int):
            return values[key]
    return 0


def _method(quantization: dict[str, Any] | None) -> str | None:
    if quantization is None:
        return None
    method = str(quantization.get("quant_method") or "bitsandbytes")
    if method == "bitsandbytes":
        return "nf4" if quantization.get("load_in_4bit") else "int8"
    return method
