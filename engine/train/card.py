"""The run card: what is needed to believe, repeat and cite a run."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from engine.hardware import Machine
from engine.runs.atomic import write_atomically

CARD_NAME = "card.json"
_PACKAGES = (
    "danlu",
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "bitsandbytes",
    "datasets",
    "tokenizers",
)


def write_card(run_folder: Path, **facts: Any) -> None:
    """Lay ``facts`` over what the run's card holds already."""
    path = run_folder / CARD_NAME
    card = {**read_card(run_folder), **facts}
    write_atomically(path, json.dumps(card, ensure_ascii=False, indent=1) + "\n")


def read_card(run_folder: Path) -> dict[str, Any]:
    """The run's card; empty before there is one."""
    try:
        return json.loads((run_folder / CARD_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def versions() -> dict[str, str | None]:
    """The installed version of each package that shapes a result; None where one is missing."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def machine_facts(machine: Machine) -> dict[str, Any]:
    """The machine, as a card names it. Memory in bytes."""
    gpus = [
        {"name": gpu.name, "bytes": gpu.total_bytes, "driver": gpu.driver} for gpu in machine.gpus
    ]
    return {"cores": machine.cores, "ram_bytes": machine.ram_bytes, "gpus": gpus}
