"""What an average is the mean of, in words."""

from __future__ import annotations

from typing import Any


def shares(facts: dict[str, Any]) -> list[str]:
    """Each adapter in it with its share: ``50% news/checkpoint-20``."""
    found = facts.get("adapters")
    entries = found if isinstance(found, list) else []
    return [
        f"{float(each.get('weight') or 0):.0%} {each.get('target')}"
        for each in entries
        if isinstance(each, dict)
    ]
