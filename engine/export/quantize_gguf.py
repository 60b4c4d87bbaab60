"""Quantising a GGUF file with the llama.cpp library that llama-cpp-python brings: a process of its
own, ``quantize_gguf SOURCE RESULT KIND``."""

from __future__ import annotations

import sys


def quantise(source: str, path: str, kind: str) -> int:
    """Write ``source`` to ``path`` as ``kind`` (``Q4_K_M``…); returns the library's code, 0
    for done."""
    import llama_cpp  # pyright: ignore[reportMissingImports]

    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind}")
    return int(llama_cpp.llama_model_quantize(source.encode(), path.encode(), parameters))


if __name__ == "__main__":
    sys.exit(quantise(*sys.argv[1:4]))
