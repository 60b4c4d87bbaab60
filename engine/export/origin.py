"""What an export is made of: the folders of base, adapter and tokenizer, and the run's card."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.job import Job
from engine.models.locate import LocatedModel, locate
from engine.spec.sections import Model
from engine.train.card import read_card


@dataclass(frozen=True)
class ExportOrigin:
    """``weights`` holds the model that is exported or, with an ``adapter``, the one below it."""

    target: ChatTarget
    weights: Path
    adapter: Path | None
    base: LocatedModel | None

    @property
    def model(self) -> Model:
        """How to load ``weights``: as the run did, but not quantised on the way."""
        return replace(
            self.target.base, source=str(self.weights), revision=None, quantization="none"
        )

    @property
    def tokenizer_folder(self) -> Path:
        """An adapter's own tokenizer where it has one: its chat template is the one it learned."""
        own = self.adapter
        return own if own and (own / "tokenizer_config.json").is_file() else self.weights

    @property
    def quantized_training(self) -> str | None:
        """``nf4`` or ``int8`` where the adapter was trained on such a base."""
        wanted = self.target.base.quantization
        return wanted if self.adapter and wanted != "none" else None

    @cached_property
    def config(self) -> dict[str, Any]:
        """The model's config.json."""
        return read_json(self.weights / "config.json")

    @cached_property
    def card(self) -> dict[str, Any]:
        """The run's card; empty where there is no run."""
        return read_card(self.target.run.path) if self.target.run else {}


def find_origin(target: ChatTarget, job: Job) -> ExportOrigin:
    """Locate what ``target`` stands on, fetching a base that is not here. Raises DanluError."""
    target.tell(job)
    if target.weights is not None:
        return ExportOrigin(target, target.weights, None, None)
    base = locate(target.base, job)
    return ExportOrigin(target, base.folder, target.adapter, base)


def read_json(path: Path) -> dict[str, Any]:
    """The object in ``path``; empty where there is no such file. Raises DanluError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DanluError("model.broken_file", file=path, reason=error) from error
    return found if isinstance(found, dict) else {}


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON. Raises OSError."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
