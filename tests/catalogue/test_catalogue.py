"""The catalogue: every entry is sound, is found by its words, and is honest about what fits."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import engine
from engine import words
from engine.catalogue import CatalogueModel, datasets, find, fits, model_of, models
from engine.data.columns import layout_of
from engine.data.schema import FORMATS
from engine.hardware import Gpu, Machine
from engine.units import GIB

SCHEMAS = Path(engine.__file__).parent / "schemas"


def problems(entry: Any, schema: str) -> list[str]:
    read = json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(read)
    return [f"{entry.name}: {error.message}" for error in checker.iter_errors(plain(entry))]


def plain(entry: Any) -> dict[str, Any]:
    """The entry as its file has it."""
    document = {**entry.document()}
    for mark in ("builds", "images"):
        if not document.get(mark, True):
            del document[mark]
    if hasattr(entry, "about"):
        document["about"] = dict(entry.about)
    return document


def machine(*, ram: float = 8, card: float | None = None) -> Machine:
    size = int((card or 0) * GIB)
    gpus = (Gpu(0, "card", size, size, (8, 0)),) if card else ()
    return Machine(4, int(ram * GIB), int(ram * GIB), gpus)


def test_every_model_is_as_its_schema_says() -> None:
    assert len(models()) >= 80
    assert [line for m in models() for line in problems(m, "catalogue_model.json")] == []


def test_every_data_set_is_as_its_schema_says() -> None:
    assert len(datasets()) >= 30
    assert [line for d in datasets() for line in problems(d, "catalogue_dataset.json")] == []


def test_a_data_set_is_read_as_the_format_that_is_said() -> None:
    """Of those whose columns are said: what a check of them would find."""
    said = [entry for entry in datasets() if entry.columns and entry.format]
    assert len(said) > 12
    for entry in said:
        row: dict[str, Any] = dict.fromkeys(entry.columns, "x")
        row |= {"label": True} if entry.stage == "kto" else {}
        asked = "instruction" if entry.format == "alpaca" else "query"
        row |= {asked: "x"} if asked not in entry.columns.values() else {}
        row |= {"response": "x"} if "response" not in entry.columns.values() else {}
        layout = layout_of(row, "auto", entry.columns, entry.stage)
        assert layout is not None and layout.format == entry.format, entry.name
    for entry in datasets():
        assert entry.format is None or entry.format in FORMATS[entry.stage], entry.name


def test_no_id_is_given_twice() -> None:
    for entries in (models(), datasets()):
        for hub in ("modelscope", "huggingface"):
            ids = [entry.ids[hub].lower() for entry in entries if hub in entry.ids]
            assert len(ids) == len(set(ids))


def test_the_families_that_were_asked_for_are_there() -> None:
    families = (
        "Qwen2.5-7B Qwen3-8B Llama-3.1 Llama-3.2 R1-Distill GLM-4 internlm2_5 internlm3 MiniCPM "
        "gemma-2 gemma-3 Mistral Phi-3.5 phi-4 SmolLM2 SmolLM3 Yi-1.5 Baichuan2 Qwen2-VL Qwen2.5-VL"
    )
    assert [name for name in families.split() if not find(name, models())] == []


def test_most_models_are_on_both_hubs() -> None:
    both = [model for model in models() if len(model.ids) == 2]
    assert len(both) > 0.85 * len(models())


def test_heads_and_experts_divide_as_they_must() -> None:
    for model in models():
        shapes = model.shapes
        if not shapes:
            continue
        heads = shapes["num_attention_heads"]
        assert heads % shapes.get("num_key_value_heads", heads) == 0, model.name
        assert shapes.get("num_experts_per_tok", 1) <= shapes.get("num_experts", 1), model.name
        if model.builds and not {"head_dim", "v_head_dim"} & shapes.keys():
            assert shapes["hidden_size"] % heads == 0, model.name


def test_the_size_in_a_name_is_near_the_count() -> None:
    for model in models():
        told = re.search(r"(?<![A-Za-z0-9.])(\d+(?:[._]\d+)?)([BM])(?![a-z])", model.name, re.I)
        if told is None or model.vision:  # a seeing one is named after its language part
            continue
        size = float(told[1].replace("_", ".")) * (1e9 if told[2] in "Bb" else 1e6)
        assert 0.7 * size < model.parameters < 1.7 * size, model.name


def test_every_word_of_a_query_counts_and_dashes_do_not() -> None:
    names = [model.name for model in find("qwen2.5 7b instruct", models())]
    assert "Qwen2.5-7B-Instruct" in names
    assert all("7b" in name.lower() and "instruct" in name.lower() for name in names)
    assert find("QWEN25", models()) == []
    assert {model.name for model in find("PHI4", models())} >= {"phi-4", "Phi-4-mini-instruct"}
    assert {m.name for m in find("llama_3.2 1b", models())} == {
        "Llama-3.2-1B",
        "Llama-3.2-1B-Instruct",
    }
    assert len(find("", models())) == len(models())
    assert find("ultrachat", datasets())[0].rows == 207865


def test_a_model_is_known_by_either_hub_s_id() -> None:
    there, here = model_of("meta-llama/Llama-3.2-1B"), model_of("llm-research/llama-3.2-1b")
    assert there is here and there is not None and there.gated
    assert model_of("nobody/nothing") is None


def test_what_fits_comes_first_and_the_largest_of_it() -> None:
    small = machine(card=12)
    ordered = sorted(models(), key=fits(small))
    fit = [model.fit(small) for model in ordered]
    assert fit == sorted(fit, key=["bf16", "nf4", "no"].index)
    assert set(fit) == {"bf16", "nf4", "no"}
    whole = [model.parameters for model in ordered if model.fit(small) == "bf16"]
    assert whole == sorted(whole, reverse=True)
    assert max(whole) * 2 <= 12 * GIB


def test_nothing_is_packed_without_a_card() -> None:
    assert "nf4" not in {model.fit(machine(ram=8)) for model in models()}


def test_packed_weights_keep_their_embeddings_whole() -> None:
    model = model_of("Qwen/Qwen2.5-7B-Instruct")
    assert model is not None
    kept = 2 * 152064 * 3584
    assert model.weight_bytes("nf4") > 2 * kept + (model.parameters - kept) / 2
    assert model.weight_bytes("nf4") < 0.4 * model.weight_bytes()
    without = replace(model, shapes={})
    assert without.weight_bytes("nf4") < model.weight_bytes("nf4")


def test_a_document_leaves_out_what_is_not_known() -> None:
    document = CatalogueModel("x", {"huggingface": "a/x"}, 10**9, False, ("here",)).document()
    assert "license" not in document and "shapes" not in document
    words.use_language("zh")
    assert find("alpaca-cleaned", datasets())[0].document()["about"] == "清洗过的 Alpaca 指令"


def test_it_is_read_quickly() -> None:
    models.cache_clear()
    start = time.perf_counter()
    models()
    assert time.perf_counter() - start < 2


@pytest.mark.slow
def test_transformers_builds_as_many_parameters_as_are_stated() -> None:
    """Within 1 %, of every entry whose shapes are said to be enough."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    off = []
    for model in models():
        fields = model.config()
        if fields is None:
            continue
        name, dtype = fields.pop("model_type"), fields.pop("dtype")
        config = AutoConfig.for_model(name, dtype=dtype, **fields)
        with torch.device("meta"):
            built = AutoModelForCausalLM.from_config(config)
        count = sum(parameter.numel() for parameter in built.parameters())
        if abs(count - model.parameters) > 0.01 * model.parameters:
            off.append((model.name, count, model.parameters))
        if type(built).__name__ != model.architecture:
            off.append((model.name, type(built).__name__, model.architecture))
    assert off == []
    assert sum(model.builds for model in models()) > 130
