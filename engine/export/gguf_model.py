"""Writing a model folder as GGUF, for the architectures whose layout is known here.
Imports torch, gguf and numpy: import it inside functions only.

Covered: LlamaForCausalLM, MistralForCausalLM without a sliding window, Qwen2ForCausalLM and
Qwen3ForCausalLM, with plain rotary positions and a byte-level BPE tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy
import torch

from engine.errors import DanluError
from engine.export.base_tensors import BaseTensors, base_tensors
from engine.export.gguf_vocabulary import Vocabulary, read_vocabulary
from engine.export.origin import read_json

ARCHITECTURES = {
    "LlamaForCausalLM": gguf.MODEL_ARCH.LLAMA,
    "MistralForCausalLM": gguf.MODEL_ARCH.LLAMA,
    "Qwen2ForCausalLM": gguf.MODEL_ARCH.QWEN2,
    "Qwen3ForCausalLM": gguf.MODEL_ARCH.QWEN3,
}
_TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
_IGNORED = (".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias")


def why_not_here(folder: Path) -> str | None:
    """What of the model in ``folder`` is not covered; None when all is."""
    config = read_json(folder / "config.json")
    architecture = str((config.get("architectures") or ["?"])[0])
    if architecture not in ARCHITECTURES:
        return architecture
    if _rope(config)[1] not in (None, "default"):
        return f"rope_type={_rope(config)[1]}"
    if architecture == "MistralForCausalLM" and config.get("sliding_window"):
        return "sliding_window"
    return None


def write_gguf(
    folder: Path,
    path: Path,
    quant: str,
    tokenizer: Any,
    name: str,
    on_bytes: Callable[[int, int], None],
) -> None:
    """Write the model in ``folder`` to ``path`` with weights held as ``quant`` (f32, f16, bf16,
    q8_0); what is one-dimensional stays float32. ``on_bytes(done, total)`` hears how far it is.
    Raises DanluError ``export.gguf_model``, ``export.gguf_tokenizer``."""
    reason = why_not_here(folder)
    if reason:
        raise DanluError("export.gguf_model", what=reason)
    config = read_json(folder / "config.json")
    architecture = ARCHITECTURES[config["architectures"][0]]
    base = base_tensors(folder)
    embedding = base.tensors[base.embedding or "model.embed_tokens.weight"]
    vocabulary = read_vocabulary(folder, tokenizer, embedding.shape[0])
    kind, file_type = _TYPES[quant]
    writer = gguf.GGUFWriter(str(path), gguf.MODEL_ARCH_NAMES[architecture])
    try:
        writer.add_name(name)
        writer.add_file_type(file_type)
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        _add_shape(writer, config)
        _add_vocabulary(writer, vocabulary, tokenizer)
        _write_tensors(writer, base, _names(base, config, architecture), config, kind, on_bytes)
    finally:
        writer.close()


def _rope(config: dict[str, Any]) -> tuple[float, str | None]:
    """Base frequency and kind of the rotary positions, wherever the config says them."""
    given = config.get("rope_parameters") or {}
    scaling = config.get("rope_scaling") or given
    kind = scaling.get("rope_type") or scaling.get("type")
    return float(given.get("rope_theta") or config.get("rope_theta") or 10_000.0), kind


def _head_width(config: dict[str, Any]) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _add_shape(writer: gguf.GGUFWriter, config: dict[str, Any]) -> None:
    heads, width = config["num_attention_heads"], _head_width(config)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(_rope(config)[0])
    writer.add_rope_dimension_count(width)


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: Vocabulary, tokenizer: Any) -> None:
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    writer.add_token_merges(vocabulary.merges)
    writer.add_add_bos_token(vocabulary.adds_bos)
    for number, add in (
        (tokenizer.bos_token_id, writer.add_bos_token_id),
        (tokenizer.eos_token_id, writer.add_eos_token_id),
        (tokenizer.pad_token_id, writer.add_pad_token_id),
    ):
        if number is not None:
            add(number)
    writer.add_chat_template(str(tokenizer.chat_template))


def _names(
    base: BaseTensors, config: dict[str, Any], architecture: gguf.MODEL_ARCH
) -> dict[str, str]:
    """Each stored tensor's name in GGUF. Raises DanluError for one that has none."""
    mapping = gguf.get_tensor_name_map(architecture, config["num_hidden_layers"])
    names = {}
    tied = ("lm_head.weight",) if config.get("tie_word_embeddings") else ()
    for name in base.tensors:
        if name.endswith((*_IGNORED, *tied)):
            continue
        found = mapping.get_name(name, try_suffixes=(".weight", ".bias"))
        if found is None:
            raise DanluError("export.gguf_model", what=name)
        names[name] = found
    return names


def _write_tensors(
    writer: gguf.GGUFWriter,
    base: BaseTensors,
    names: dict[str, str],
    config: dict[str, Any],
    wanted: gguf.GGMLQuantizationType,
    on_bytes: Callable[[int, int], None],
) -> None:
    kinds = {name: _kind_of(base.tensors[name].shape, wanted) for name in names}
    for name, renamed in names.items():
        shape = gguf.quant_shape_to_byte_shape(base.tensors[name].shape, kinds[name])
        size = int(numpy.prod(shape))
        writer.add_tensor_info(renamed, shape, numpy.dtype(numpy.uint8), size, kinds[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    total, done = sum(base.tensors[name].size for name in names), 0
    for name in names:
        values = _laid_out(name, base.read(name).to(torch.float32), config).numpy()
        writer.write_tensor_data(gguf.quants.quantize(values, kinds[name]).view(numpy.uint8))
        done += base.tensors[name].size
        on_bytes(done, total)


def _kind_of(
    shape: tuple[int, ...], wanted: gguf.GGMLQuantizationType
) -> gguf.GGMLQuantizationType:
    """What one-dimensional is stays exact; rows that are no whole blocks are held in half."""
    if len(shape) < 2:
        return gguf.GGMLQuantizationType.F32
    block = gguf.GGML_QUANT_SIZES[wanted][0]
    return wanted if shape[-1] % block == 0 else gguf.GGMLQuantizationType.F16


def _laid_out(name: str, weight: torch.Tensor, config: dict[str, Any]) -> torch.Tensor:
    """llama's q and k in llama.cpp's order: it rotates pairs that stand side by side, transformers
    halves of a head."""
    architecture = ARCHITECTURES[config["architectures"][0]]
    part = name.rsplit(".", 2)[-2]
    if architecture != gguf.MODEL_ARCH.LLAMA or part not in ("q_proj", "k_proj"):
        return weight.contiguous()
    heads = config["num_attention_heads"]
    if part == "k_proj":
        heads = config.get("num_key_value_heads") or heads
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape).contiguous()
