"""Parts of danlu that want a tool of their own, and whether it is here. Without torch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from engine.export.outside_tools import quantiser
from engine.export.tool_python import GPTQMODEL, LLMCOMPRESSOR, ONNX
from engine.serve.transformers_fit import missing_libraries
from engine.serve.vllm import program


@dataclass(frozen=True)
class OptionalPart:
    """``found`` says which is here, None where none is; ``use`` the command that wants it,
    ``install`` the one that brings it."""

    title: str
    found: str | None
    use: str
    install: str


def optional_parts() -> Iterator[OptionalPart]:
    """All of them, in the order of the export's forms."""
    for tool, use in ((ONNX, "onnx"), (GPTQMODEL, "gptq"), (LLMCOMPRESSOR, "awq")):
        name = tool.package.replace("_", "-")
        yield OptionalPart(name, tool.version, f"danlu export --format {use}", tool.install)
    yield OptionalPart(
        "llama.cpp",
        _quantiser(),
        "danlu export --format gguf --quant q4_k_m",
        f"{sys.executable} -m pip install llama-cpp-python",
    )
    yield OptionalPart("vLLM", program(), "danlu serve --backend vllm", "pip install vllm")
    missing = missing_libraries()
    yield OptionalPart(
        "transformers serve",
        None if missing else metadata.version("transformers"),
        "danlu serve --backend transformers",
        f"pip install {' '.join(missing)}",
    )


def _quantiser() -> str | None:
    command = quantiser()
    if command is None:
        return None
    if Path(command[0]).name == "llama-quantize":
        return command[0]
    try:
        return f"llama-cpp-python {metadata.version('llama-cpp-python')}"
    except metadata.PackageNotFoundError:  # on the path without its metadata
        return "llama-cpp-python"
