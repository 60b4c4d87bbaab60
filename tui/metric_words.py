"""An evaluation's figures as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.benchmark.known import BENCHMARKS
from engine.evaluate.report import LOWER_IS_BETTER, is_better, main_metric
from engine.words import t
from tui.symbols import ascii_only, sign

__all__ = ["change", "interval", "main_metric", "metric_name", "number", "remarks"]


def metric_name(name: str) -> str:
    """A metric in words."""
    return t(f"evaluate.name.{name}")


def number(name: str, value: float | None) -> str:
    """A metric's value: percent with two decimals, loss and perplexity with four digits."""
    if value is None:
        return "–"
    return f"{value:.4g}" if name in LOWER_IS_BETTER else f"{value:.2f}"


def change(name: str, value: float | None, between: Sequence[float] | None = None) -> str:
    """A difference with its sign, marked as better or worse; unmarked where it lies ``between``
    values of either sign, which chance alone may make."""
    if value is None:
        return "–"
    better = is_better(name, value)
    if between is not None and between[0] <= 0 <= between[1]:
        better = None
    mark = "" if better is None else sign("yes" if better else "no")
    return f"{_signed(name, value)} {mark}".rstrip()


def interval(name: str, between: Sequence[float] | None) -> str:
    """Where a difference lies: ``+1.20 … +3.40``; a dash without."""
    if not between:
        return "–"
    return f" {sign('more')} ".join(_signed(name, value) for value in between)


def _signed(name: str, value: float) -> str:
    size = f"{value:+.4g}" if name in LOWER_IS_BETTER else f"{value:+.2f}"
    return size if ascii_only() else size.replace("-", "−")


def remarks(document: dict[str, Any]) -> list[str]:
    """What a reader of the figures must know: rows left out, thoughts cut off, answers reused."""
    said = []
    for key in ("dropped", "unanswered", "unwanted", "kept"):
        if document.get(key):
            said.append(t(f"evaluate.{key}", count=document[key]))
    if document["faults"]:
        said.append(t("evaluate.faults", count=sum(document["faults"].values())))
    for key in ("at_limit", "base_at_limit", "unfinished"):
        if document.get(key):
            tokens = document["settings"]["max_new_tokens"]
            said.append(t(f"evaluate.{key}", count=document[key], tokens=tokens))
    if document.get("limit"):
        key = "limited" if document.get("subjects_known", 1) else "first_only"
        said.append(t(f"evaluate.{key}", count=document["limit"]))
    said += _of_benchmark(document)
    if document.get("shots"):
        said.append(t("evaluate.shots", count=document["shots"]))
    labels = document["labels"]
    if labels and labels["by"] == "data":
        said.append(t("evaluate.labels_found", labels=", ".join(labels["names"])))
    return said


def _of_benchmark(document: dict[str, Any]) -> list[str]:
    """Why the figures of a benchmark are none to compare with published ones."""
    said, asked = [], document.get("subjects_asked", 0)
    if 0 < asked < document.get("subjects_known", 0):
        known = document["subjects_known"]
        said.append(t("evaluate.some_subjects", count=asked, known=known))
    if document.get("cut"):
        said.append(t("evaluate.cut"))
    usual = BENCHMARKS.get(document.get("benchmark", ""))
    if usual is not None and document["shots"] != usual.shots:
        said.append(t("evaluate.other_shots", count=usual.shots))
    tokens = (document.get("settings") or {}).get("max_new_tokens")
    if usual is not None and usual.writes and tokens not in (None, usual.tokens):
        said.append(t("evaluate.shorter_answers", count=tokens))
    return said
