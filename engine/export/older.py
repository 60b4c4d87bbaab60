"""Saying in a model's files what libraries older than transformers 5 look for, too.

transformers 5 saves some settings under new names alone. An older one, as ONNX's exporter needs it,
takes no offence: it takes its default, and a model whose rotary base is not 10000 answers nonsense.
"""

from __future__ import annotations

from typing import Any

_OWN_TO_FIVE = ("is_local", "local_files_only", "backend")


def config_for_all(config: dict[str, Any]) -> dict[str, Any]:
    """A config.json whose rotary positions are under their older names as well."""
    rope = config.get("rope_parameters")
    if not isinstance(rope, dict) or "rope_theta" not in rope:
        return config
    made = {**config}
    made.setdefault("rope_theta", rope["rope_theta"])
    if rope.get("rope_type") not in (None, "default"):
        scaling = {name: value for name, value in rope.items() if name != "rope_theta"}
        made.setdefault("rope_scaling", scaling)
    return made


def tokenizer_for_all(settings: dict[str, Any]) -> dict[str, Any]:
    """A tokenizer_config.json that names a class and special tokens as all versions know them."""
    made = {name: value for name, value in settings.items() if name not in _OWN_TO_FIVE}
    if made.get("tokenizer_class") == "TokenizersBackend":
        made["tokenizer_class"] = "PreTrainedTokenizerFast"
    extra = made.get("extra_special_tokens")
    if isinstance(extra, list):  # an older one wants names for them, and calls unnamed ones so
        del made["extra_special_tokens"]
        made.setdefault("additional_special_tokens", extra)
    return made
