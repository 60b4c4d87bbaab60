"""Where a published model comes from, as others can find it: its base by hub id, its licence, its
data by name. Nothing of it tells a folder of this machine."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from engine.chat.target import ChatTarget
from engine.hub.caches import cached
from engine.models import embedded
from engine.models.license import license_of
from engine.report.facts import Facts, facts_of
from engine.runs.store import Run

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class PushOrigin:
    """``base`` is a hub id, None where only a folder is known; ``kind`` is what the files are."""

    base: str | None
    base_name: str
    license: str | None
    kind: str  # adapter, merged, gguf, onnx or quantised
    facts: Facts | None


def origin_of(target: ChatTarget, folder: Path) -> PushOrigin:
    """The origin of the files in ``folder``, which are ``target`` or an export of it."""
    run = target.run or _exported_run(folder)
    facts = facts_of(run) if run else None
    source = _source(target, folder, facts)
    base = embedded.REPO if source == "embedded" else _public_id(source)
    name = base or Path(source).name
    return PushOrigin(base, name, _license(folder, source, facts), kind_of(folder), facts)


def kind_of(folder: Path) -> str:
    """What the files of ``folder`` are: ``adapter``, ``gguf``, ``onnx``, ``quantised`` or
    ``merged``."""
    if (folder / "adapter_config.json").is_file():
        return "adapter"
    if any(folder.glob("*.gguf")):
        return "gguf"
    if any(folder.rglob("*.onnx")):
        return "onnx"
    config = _json(folder / "config.json")
    return "quantised" if config.get("quantization_config") else "merged"


def _exported_run(folder: Path) -> Run | None:
    """The run an exported folder says it was made from, while it is here."""
    path = _json(folder / "export.json").get("run")
    run = Run(Path(str(path))) if path else None
    return run if run and (run.path / "spec.yaml").is_file() else None


def _source(target: ChatTarget, folder: Path, facts: Facts | None) -> str:
    """The base as the run, the export or the adapter names it."""
    if facts is not None:
        return facts.spec.model.source
    if target.adapter is not None or target.weights is not None:
        return target.base.source
    return str(_json(folder / "export.json").get("base") or target.base.source)


def _public_id(source: str) -> str | None:
    is_folder = source.startswith((".", "~")) or Path(source).is_dir()
    return source if _HUB_ID.fullmatch(source) and not is_folder else None


def _license(folder: Path, source: str, facts: Facts | None) -> str | None:
    """The base's licence: from the run, the export, a copy of the base here."""
    if facts is not None and facts.license:
        return facts.license
    named = _json(folder / "export.json").get("license") or license_of(folder)
    if named:
        return str(named)
    if source == "embedded":
        return license_of(embedded.embedded_folder())
    if _public_id(source) is None:
        return license_of(Path(source).expanduser())
    return next(filter(None, (license_of(copy.folder) for copy in cached(source))), None)


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
