"""The same prompts through checkpoint and artefact: what was asked, and how far they agree.

The checkpoint answers greedily; the artefact reads those answers and says at each token what it
would have said there. Up to the first difference that is just what it would have answered by
itself, so one pass gives both the first divergence and the share of tokens that agree. From there
on it answers by itself: read along with the right answer, a model that has forgotten how to end one
would pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Share of tokens that must agree. Rounding to 16 bits turns a near tie now and then; 8 and 4 bits
# turn more of them.
_EXACT, _EIGHT_BITS, FOUR_BITS = 0.97, 0.90, 0.80
_THRESHOLDS = {
    "merged": _EXACT,
    "adapter": _EXACT,
    "onnx": _EXACT,
    "bnb8": _EIGHT_BITS,
    "bnb4": FOUR_BITS,
    "gptq": FOUR_BITS,
    "awq": FOUR_BITS,
}
_QUANT_THRESHOLDS = {
    "f32": _EXACT, "f16": _EXACT, "bf16": _EXACT, "q8_0": 0.95, "q6_k": _EIGHT_BITS,
}  # fmt: skip

_RUN_ON = 0.2  # share of ended answers that may run on, beside a single one


def threshold(format: str, quant: str) -> float:
    """The share of tokens that must agree for an export to count as the same."""
    if format == "gguf":
        return _QUANT_THRESHOLDS.get(quant, FOUR_BITS)
    return _THRESHOLDS[format]


@dataclass(frozen=True)
class ComparedRow:
    """One prompt. ``agree`` of ``tokens`` are the same; ``divergence`` is the first token that is
    not, None where all are; ``artefact`` what the artefact answers by itself. ``ended`` says
    whether that ends; None where the checkpoint's answer does not end either."""

    prompt: str
    checkpoint: str
    artefact: str
    tokens: int
    agree: int
    divergence: int | None
    ended: bool | None


@dataclass(frozen=True)
class Compared:
    """What came out. ``why`` names what is wrong, as word keys below ``export.why``; empty for an
    export that is as it should be. Stop tokens as texts."""

    rows: list[ComparedRow]
    threshold: float
    template_equal: bool
    tokenizer_equal: bool
    stops_checkpoint: list[str]
    stops_artefact: list[str]
    modelfile_equal: bool | None
    seconds: float

    @property
    def tokens(self) -> int:
        return sum(row.tokens for row in self.rows)

    @property
    def agreement(self) -> float:
        """The share of tokens that agree, 0…1."""
        return sum(row.agree for row in self.rows) / max(1, self.tokens)

    @property
    def first_divergence(self) -> int | None:
        """The earliest token at which any answer parts."""
        found = [row.divergence for row in self.rows if row.divergence is not None]
        return min(found, default=None)

    @property
    def same_answers(self) -> int:
        """Prompts answered with the same words from first to last."""
        return sum(row.divergence is None for row in self.rows)

    @property
    def runs_on(self) -> int:
        """Prompts whose answer the checkpoint ends and the artefact does not."""
        return sum(row.ended is False for row in self.rows)

    @property
    def _ends(self) -> bool:
        ended = sum(row.ended is not None for row in self.rows)
        return self.runs_on <= max(1, _RUN_ON * ended)

    @property
    def stops_equal(self) -> bool:
        """Whether every token that ends an answer of the checkpoint ends one of the artefact."""
        return set(self.stops_checkpoint) <= set(self.stops_artefact)

    @property
    def why(self) -> list[str]:
        faults = {
            "agreement": self.agreement < self.threshold,
            "runs_on": not self._ends,
            "template": not self.template_equal,
            "tokenizer": not self.tokenizer_equal,
            "stops": not self.stops_equal,
            "modelfile": self.modelfile_equal is False,
        }
        return [name for name, wrong in faults.items() if wrong]

    def document(self) -> dict[str, Any]:
        """The JSON form, part of ``export.json``."""
        return {
            "prompts": len(self.rows),
            "tokens": self.tokens,
            "agreement": round(self.agreement, 4),
            "threshold": self.threshold,
            "first_divergence": self.first_divergence,
            "same_answers": self.same_answers,
            "runs_on": self.runs_on,
            "template_equal": self.template_equal,
            "tokenizer_equal": self.tokenizer_equal,
            "stops_equal": self.stops_equal,
            "stops": {"checkpoint": self.stops_checkpoint, "artefact": self.stops_artefact},
            "modelfile_equal": self.modelfile_equal,
            "rows": [vars(row) for row in self.rows],
            "seconds": round(self.seconds, 1),
        }


def compare_tokens(
    said: Sequence[int], chosen: Sequence[int], stops: set[int]
) -> tuple[int, int | None]:
    """How many of ``said`` the artefact chose too, and the first it did not. Any of ``stops`` is as
    good as another."""
    same = [a == b or (a in stops and b in stops) for a, b in zip(said, chosen, strict=True)]
    return sum(same), same.index(False) if False in same else None
