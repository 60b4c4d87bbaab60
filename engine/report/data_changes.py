"""Rows that changed while a run was away, and with which it went on knowingly."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from engine.report.markdown import inline
from engine.train.same_rows import ACCEPTED, RowChange
from engine.words import t


def data_changes_of(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each time such a change was taken on, oldest first: ``{time, step, changes: [{name, before,
    now}]}``, the sha256 of files or the values of settings."""
    kept = card.get(ACCEPTED)
    entries = kept if isinstance(kept, list) else []
    return [each for each in entries if isinstance(each, dict) and each.get("changes")]


def data_change_lines(found: list[dict[str, Any]]) -> list[str]:
    """One line each, as it stands on the page; empty without any."""
    lines = [f"- {inline(_told(each))}" for each in found]
    return [t("report.data_changed"), "", *lines, ""] if lines else []


def _told(entry: dict[str, Any]) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry["time"]))
    changed = ", ".join(RowChange(**change).told for change in entry["changes"])
    return t("report.data_changed_at", step=entry["step"], day=day, changed=changed)
