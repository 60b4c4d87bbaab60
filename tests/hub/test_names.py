"""Which repository is meant, which of its files are wanted, and what a failure is called."""

from __future__ import annotations

import errno

import pytest

from engine.hub.choose import RemoteFile, choose
from engine.hub.faults import fault
from engine.hub.reference import Reference, reference


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Qwen/Qwen2.5-7B-Instruct", Reference("Qwen/Qwen2.5-7B-Instruct")),
        ("gpt2", Reference("gpt2")),
        ("ms::Qwen/Qwen3-8B", Reference("Qwen/Qwen3-8B", "modelscope")),
        ("hf::Qwen/Qwen3-8B", Reference("Qwen/Qwen3-8B", "huggingface")),
        (
            "https://www.modelscope.cn/models/Qwen/Qwen3-8B/summary",
            Reference("Qwen/Qwen3-8B", "modelscope"),
        ),
        (
            "https://huggingface.co/datasets/a/b/tree/main",
            Reference("a/b", "huggingface", "main"),
        ),
        ("https://hf-mirror.com/a/b", Reference("a/b", "huggingface")),
        ("a/b/c", None),
        ("../a", None),
        ("a b", None),
        ("模型", None),
    ],
)
def test_ids_and_addresses_are_understood(text: str, meant: Reference | None) -> None:
    assert reference(text) == meant


def chosen(*paths: str, kind: str = "model") -> list[str]:
    return [file.path for file in choose([RemoteFile(path, 1) for path in paths], kind)]


def test_weights_come_last_and_once() -> None:
    assert chosen(
        "model-00001-of-00002.safetensors",
        "consolidated.safetensors",
        "pytorch_model-00001-of-00002.bin",
        "onnx/model.onnx",
        "original/params.json",
        "tokenizer.json",
        "modeling_own.py",
        "model.safetensors.index.json",
        ".gitattributes",
    ) == [
        "model.safetensors.index.json",
        "modeling_own.py",
        "tokenizer.json",
        "model-00001-of-00002.safetensors",
    ]


def test_a_dataset_is_wanted_whole() -> None:
    assert chosen("a.parquet", "chart.png", kind="dataset") == ["a.parquet", "chart.png"]


def test_the_network_s_own_word_is_found_inside_the_client_s_errors() -> None:
    class ConnectTimeout(Exception):
        pass

    wrapped = RuntimeError("client")
    wrapped.__cause__ = ConnectTimeout("https://signed.example/?token=secret")
    code, values = fault(wrapped, "huggingface", "a/b", None)
    assert code == "hub.connection_lost" and "secret" not in str(values)
    assert fault(OSError(errno.ENOSPC, "full"), "modelscope", "a/b", None)[0] == "hub.disk_filled"
    assert fault(ValueError("?token=secret"), "modelscope", "a/b", None) == (
        "hub.failed",
        {"hub": "ModelScope", "repo": "a/b", "reason": "ValueError"},
    )
