"""The harness's results as an evaluation: figures in percent, a figure a subject, every row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from engine.benchmark.known import MAIN, Benchmark

Row = dict[str, Any]


def rows_of(benchmark: Benchmark, results: dict[str, Any]) -> list[Row]:
    """Each question once: ``{row, subject, question, reference, answer, accuracy, …}``."""
    rows: list[Row] = []
    for task, samples in sorted(results["samples"].items()):
        whole: dict[int, Row] = {}
        for sample in samples:
            row = whole.setdefault(sample["doc_id"], _row(benchmark, task, sample))
            for name, key in benchmark.scores.items():
                metric, _, kind = key.partition(",")
                if metric in sample and kind == sample.get("filter", "none"):
                    row[name] = _percent(sample[metric])
                    if not benchmark.writes:
                        row["answer"] = _answer(sample)
        rows += whole.values()
    for number, row in enumerate(rows, 1):
        row["row"] = number
    return rows


def _row(benchmark: Benchmark, task: str, sample: dict[str, Any]) -> Row:
    return {
        "row": 0,
        "file": benchmark.subject_of(task),
        "line": sample["doc_id"] + 1,
        "subject": benchmark.subject_of(task),
        "question": _question(sample["doc"]),
        "reference": _reference(sample),
        "answer": _written(sample),
        "label": None,
        "fault": None,
    }


def _question(doc: dict[str, Any]) -> str:
    """The question with its choices, without the worked examples before it."""
    asked = str(doc.get("question") or doc.get("Question") or doc.get("prompt") or "")
    choices = doc.get("choices") or [doc[letter] for letter in "ABCD" if letter in doc]
    lines = [f"{letter}. {text}" for letter, text in zip("ABCDEFGH", choices, strict=False)]
    return "\n".join([asked.strip(), *lines])


def _reference(sample: dict[str, Any]) -> str:
    doc, target = sample["doc"], sample["target"]
    if "instruction_id_list" in doc:
        return ", ".join(doc["instruction_id_list"])
    if isinstance(target, int) or (str(target).isdigit() and len(sample["resps"]) > 1):
        return "ABCDEFGH"[int(target)]
    return str(target)


def _written(sample: dict[str, Any]) -> str:
    """What the model wrote; empty where it chose among given answers."""
    given = sample["resps"][0][0]
    return str(given) if isinstance(given, str) else ""


def _answer(sample: dict[str, Any]) -> str:
    """The letter of the likeliest of the given answers."""
    likely = [
        float(resp[0][0] if isinstance(resp[0], list | tuple) else resp[0])
        for resp in sample["filtered_resps"]
        for resp in [resp if isinstance(resp[0], list | tuple) else [resp]]
    ]
    return "ABCDEFGH"[likely.index(max(likely))]


def _percent(value: Any) -> float:
    """A score, or the share of several (IFEval's instructions), in percent."""
    if isinstance(value, list | tuple):
        return round(100.0 * sum(map(float, value)) / max(1, len(value)), 4)
    return round(100.0 * float(value), 4)


def metrics_of(benchmark: Benchmark, results: dict[str, Any]) -> dict[str, float]:
    """The figures over all questions, as the harness counts them: subjects weigh by their size."""
    found = {}
    for name, key in benchmark.scores.items():
        parts = [
            (float(each[key]), int(results["n-samples"][task]["effective"]))
            for task, each in results["results"].items()
            if key in each and task in results["n-samples"]
        ]
        count = sum(size for _, size in parts)
        if count:
            found[name] = round(100.0 * sum(value * size for value, size in parts) / count, 4)
    return found


def subjects_of(rows: list[Row]) -> list[dict[str, Any]]:
    """``{subject, rows, accuracy}`` of each, the worst first; empty where there is one alone."""
    parts: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        parts[row["subject"]].append(row[MAIN])
    if len(parts) < 2:
        return []
    found = [
        {"subject": name, "rows": len(each), MAIN: round(sum(each) / len(each), 4)}
        for name, each in parts.items()
    ]
    return sorted(found, key=lambda part: part[MAIN])


def worst_first(rows: list[Row], base: list[Row] | None) -> Iterator[Row]:
    """The rows as they are kept, each beside the base's answer."""
    beside = {row["row"]: row for row in base or ()}
    for row in sorted(rows, key=lambda each: each[MAIN]):
        yield {**row, "base": beside[row["row"]]} if row["row"] in beside else row
