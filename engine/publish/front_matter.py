"""The YAML at the head of a model card, as each hub reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from engine.hub.reference import Hub
from engine.publish.origin import PushOrigin

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)
_RELATIONS = {"adapter": "adapter", "merged": "finetune"}  # all else is quantised or converted
# What Hugging Face takes as it is; anything else must be "other" with a name.
LICENSES = (
    "apache-2.0", "mit", "openrail", "bigscience-openrail-m", "creativeml-openrail-m",
    "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd",
    "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "cc0-1.0", "cc-by-2.0", "cc-by-3.0",
    "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0",
    "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "ecl-2.0", "epl-2.0",
    "eupl-1.2", "agpl-3.0", "gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "isc", "mpl-2.0",
    "osl-3.0", "ncsa", "unlicense", "zlib", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3",
    "llama4", "gemma",
)  # fmt: skip


def front_matter(origin: PushOrigin, hub: Hub, languages: list[str]) -> str:
    """The block from ``---`` to ``---``. Only data that are repositories of a hub are named: a
    file's name means nothing there."""
    values = _modelscope(origin) if hub == "modelscope" else _huggingface(origin)
    values |= {
        "base_model": [origin.base] if origin.base else None,
        "base_model_relation": _RELATIONS.get(origin.kind, "quantized") if origin.base else None,
        "library_name": library(origin.kind),
        "language": languages,
        "datasets": datasets(origin) or None,
        "tags": tags(origin),
    }
    kept = {name: value for name, value in values.items() if value}
    return f"---\n{yaml.safe_dump(kept, allow_unicode=True, sort_keys=False)}---\n"


def library(kind: str) -> str | None:
    """Which library loads files of ``kind``."""
    return {"adapter": "peft", "gguf": None, "onnx": None}.get(kind, "transformers")


def datasets(origin: PushOrigin) -> list[str]:
    """The data that are repositories of a hub."""
    if origin.facts is None:
        return []
    names = [source for source, _ in origin.facts.sources]
    return [
        n for n in names if _HUB_ID.fullmatch(n) and not Path(n).suffix and not Path(n).exists()
    ]


def tags(origin: PushOrigin) -> list[str]:
    """What a hub is to list it under, each once."""
    found = ["danlu", origin.kind]
    if origin.facts is not None:
        method = origin.facts.spec.method
        found += [method.stage, method.tuner]
    return list(dict.fromkeys(found))


def _huggingface(origin: PushOrigin) -> dict[str, Any]:
    name = (origin.license or "").strip()
    known = name.lower() in LICENSES
    return {
        "license": name.lower() if known else "other" if name else None,
        "license_name": None if known or not name else re.sub(r"[^\w.-]+", "-", name.lower()),
        "pipeline_tag": "text-generation",
    }


def _modelscope(origin: PushOrigin) -> dict[str, Any]:
    return {
        "license": origin.license,
        "frameworks": ["Pytorch"],
        "tasks": ["text-generation"],
        "domain": ["nlp"],
    }
