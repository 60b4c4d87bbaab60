"""What came out of an export, in words: one sentence, and what was compared."""

from __future__ import annotations

from typing import Any

from engine.export.compared import FOUR_BITS
from engine.units import human_bytes
from engine.words import t


def verdict(document: dict[str, Any]) -> str:
    """One sentence: verified, not the same and why, or not verified."""
    if document["verified"] is None:
        return t("export.unverified")
    if document["verified"]:
        return _verified(document["verification"])
    reasons = [t(f"export.why.{name}", reason=document["reason"]) for name in document["why"]]
    key = "export.unproved" if document["why"] == ["not_compared"] else "export.bad"
    said = t(key, why=" · ".join(reasons))
    rounded = {"agreement", "runs_on"} & set(document["why"])
    coarse = rounded and document["verification"]["threshold"] <= FOUR_BITS
    return f"{said}{t('export.more_bits')}" if coarse else said


def _verified(found: dict[str, Any]) -> str:
    """How many answers are the same from first to last: tokens may agree while words do not."""
    prompts, same = found["prompts"], sum(row["divergence"] is None for row in found["rows"])
    if same == prompts:
        return t("export.verified")
    said = t("export.nearly", same=same, prompts=prompts)
    coarse = 2 * same <= prompts and found["threshold"] <= FOUR_BITS
    return f"{said}{t('export.more_bits')}" if coarse else said


def fact_rows(document: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """What was compared: (name, value in words, whether it is as it should be)."""
    found = document["verification"]
    agreement = t(
        "export.agreement_value",
        percent=f"{100 * found['agreement']:.1f}",
        tokens=found["tokens"],
        least=f"{100 * found['threshold']:.0f}",
    )
    first = found["first_divergence"]
    parted = (
        t("export.no_divergence")
        if first is None
        else t("export.divergence_value", token=first + 1)
    )
    size = t(
        "export.size_value",
        size=human_bytes(document["bytes"]),
        checkpoint=human_bytes(document["checkpoint_bytes"]),
    )
    enough = found["agreement"] >= found["threshold"]
    rows = [(t("export.agreement"), agreement, enough), (t("export.divergence"), parted, enough)]
    if "same_answers" in found:
        same = t("export.same_value", count=found["same_answers"], prompts=found["prompts"])
        rows.append((t("export.same"), same, enough))
        on = t("export.runs_on_value", count=found["runs_on"])
        rows.append((t("export.runs_on"), on, "runs_on" not in document["why"]))
    for name in ("template", "tokenizer", "stops", "modelfile"):
        equal = found[f"{name}_equal"]
        if equal is not None:
            said = t("export.equal" if equal else "export.different")
            rows.append((t(f"export.{name}"), said, equal))
    if document.get("trained_on", "none") != "none" and document["format"] != "adapter":
        held = t("export.reference_value", quantization=document["trained_on"])
        rows.insert(0, (t("export.reference"), held, True))
    return [*rows, (t("export.size"), size, True)]
