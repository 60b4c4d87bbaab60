"""An adapter by itself, so that it loads anywhere: PEFT's files and the name of its base.
Imports torch: import it inside functions only."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from engine.export.lora_weights import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from engine.export.origin import ExportOrigin, read_json, write_json
from engine.models import embedded

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def copy_adapter(origin: ExportOrigin, folder: Path) -> None:
    """Copy the adapter without optimizer state or anything else that only resuming needs."""
    assert origin.adapter is not None  # an export without adapter was refused before
    shutil.copyfile(origin.adapter / ADAPTER_WEIGHTS, folder / ADAPTER_WEIGHTS)
    config = read_json(origin.adapter / ADAPTER_CONFIG)
    named = base_name(origin)
    if named:
        config["base_model_name_or_path"] = named
        config["revision"] = None  # a revision means something on one hub alone
    config["inference_mode"] = True
    write_json(folder / ADAPTER_CONFIG, config)


def base_name(origin: ExportOrigin) -> str | None:
    """The base as others can find it: its hub id where it came from a hub; None where only a folder
    on this machine is known."""
    source = origin.target.base.source
    if source == "embedded":
        return embedded.REPO
    is_folder = Path(source).expanduser().is_dir()
    return source if _HUB_ID.fullmatch(source) and not is_folder else None
