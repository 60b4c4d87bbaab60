"""``export.json``: what an artefact is, where it comes from, and whether it was proved. Without
torch."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.export.origin import ExportOrigin, read_json
from engine.export.request import ExportRequest
from engine.runs.atomic import write_atomically
from engine.runs.store import Run, folder_bytes
from engine.train.card import versions

MANIFEST_NAME = "export.json"
RECORDS_NAME = "exports.jsonl"  # in the run's folder: one line an export


@dataclass(frozen=True)
class ExportReport:
    """One export that was made. ``document`` is ``export.json``; ``verified`` is None where nobody
    asked."""

    folder: Path
    document: dict[str, Any]

    @property
    def verified(self) -> bool | None:
        return self.document["verified"]


def manifest(origin: ExportOrigin, request: ExportRequest, notes: dict[str, Any]) -> dict[str, Any]:
    """The facts of an export before it is proved. Sizes in bytes."""
    target = origin.target
    return {
        "format": request.format,
        "quant": request.quant if request.format == "gguf" else None,
        "target": target.label,
        "run": str(target.run.path) if target.run else None,
        "checkpoint": str(target.tuned) if target.tuned else None,
        "base": target.base.source,
        "base_revision": origin.base.revision if origin.base else None,
        "trained_on": origin.quantized_training or "none",
        "license": origin.card.get("license"),
        "created": round(time.time(), 3),
        "versions": versions(),
        **notes,
        "verified": None,
        "why": [],
        "reason": None,
        "verification": None,
    }


def write_manifest(folder: Path, document: dict[str, Any]) -> None:
    """Write ``export.json``, with the sizes of all other files in ``folder``."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST_NAME)
    document["files"] = {str(p.relative_to(folder)): p.stat().st_size for p in files}
    document["bytes"] = sum(document["files"].values())
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    write_atomically(folder / MANIFEST_NAME, text)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of an exported folder; None for another folder."""
    return read_json(folder / MANIFEST_NAME) or None


def record(home: Path, folder: Path) -> None:
    """Note in the folder of a run, or of an average, that it was exported to ``folder``."""
    line = json.dumps({"time": round(time.time(), 3), "path": str(folder)}, ensure_ascii=False)
    with (home / RECORDS_NAME).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def exports_of(run: Run) -> list[ExportReport]:
    """The exports of ``run`` that are still where they were put, oldest first."""
    found: dict[Path, ExportReport] = {}
    with contextlib.suppress(FileNotFoundError):
        for line in (run.path / RECORDS_NAME).read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):  # a line cut short
                folder = Path(json.loads(line)["path"])
                document = read_manifest(folder)
                if document:
                    found[folder] = ExportReport(folder, document)
    return list(found.values())


def checkpoint_bytes(origin: ExportOrigin) -> int:
    """What the checkpoint itself takes, its optimizer state left out."""
    tuned = origin.target.tuned
    if tuned is None:
        return folder_bytes(origin.weights)
    return sum(path.stat().st_size for path in tuned.glob("*.safetensors"))
