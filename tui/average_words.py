"""What an average is the mean of, in words."""

from __future__ import annotations

from typing import Any

from engine.units import human_bytes
from engine.words import t


def shares(facts: dict[str, Any]) -> list[str]:
    """Each adapter in it with its share: ``50% news/checkpoint-20``."""
    found = facts.get("adapters")
    entries = found if isinstance(found, list) else []
    return [
        f"{float(each.get('weight') or 0):.0%} {each.get('target')}"
        for each in entries
        if isinstance(each, dict)
    ]


def made_lines(facts: dict[str, Any]) -> list[str]:
    """What was averaged just now, and how well."""
    lines = [
        t(
            "average.share",
            weight=f"{each['weight']:>6.1%}",
            target=each["target"],
            rank=each["rank"],
        )
        for each in facts["adapters"]
    ]
    size, rank = human_bytes(facts["bytes"]), facts["rank"]
    folder, layers = facts["folder"], facts["layers"]
    lines.append(t("average.made", folder=folder, rank=rank, layers=layers, size=size))
    kept = f"{facts['kept']:.1%}"
    return [
        *lines,
        t("average.exact") if facts["exact"] else t("average.cut", rank=rank, kept=kept),
    ]
