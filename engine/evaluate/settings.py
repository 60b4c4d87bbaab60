"""What a person may choose about an evaluation. Nothing heavy: any screen may import it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from engine.errors import DanluError
from engine.evaluate.likeness import Language

Group = Literal["rouge", "bleu", "match", "labels", "loss"]
GROUPS: tuple[Group, ...] = get_args(Group)
BATCH_SIZE = 16


@dataclass(frozen=True)
class Settings:
    """How to evaluate. ``metrics`` are the groups to measure; ``labels`` the closed labels, None
    to take them from the references where those are a closed set, () for none; ``system`` and
    ``language`` None: as in training, and as the references are written; ``fill`` is put into
    placeholders, over what training put there; ``max_new_tokens`` None: by the references.
    ``again`` asks anew what was answered before."""

    metrics: tuple[Group, ...] = GROUPS
    labels: tuple[str, ...] | None = None
    labels_required: bool = False
    sample: int | None = None
    max_new_tokens: int | None = None
    batch_size: int = BATCH_SIZE
    system: str | None = None
    language: Language | None = None
    format: str = "auto"
    fill: Mapping[str, str] = field(default_factory=dict)
    seed: int = 42
    base: bool = False
    again: bool = False

    @property
    def compares_text(self) -> bool:
        return bool({"rouge", "bleu"} & set(self.metrics))

    @property
    def asks(self) -> bool:
        """Whether answers are needed at all; loss is measured without any."""
        return set(self.metrics) != {"loss"}


def groups_of(text: str) -> tuple[Group, ...]:
    """The groups a person names, separated by commas. Raises DanluError
    ``evaluate.unknown_metric``."""
    named = [part.strip().lower() for part in text.split(",") if part.strip()]
    for name in named:
        if name not in GROUPS:
            raise DanluError("evaluate.unknown_metric", name=name, known=", ".join(GROUPS))
    return tuple(group for group in GROUPS if group in named) or GROUPS


def labels_named(text: str) -> tuple[str, ...]:
    """The labels a person names, separated by commas (Chinese ones too), each once."""
    parts: Sequence[str] = text.replace("，", ",").replace("、", ",").split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
