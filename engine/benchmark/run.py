"""A benchmark on a model, start to finish: asked, counted, kept beside its other evaluations."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.benchmark.found import Row, metrics_of, rows_of, subjects_of, worst_first
from engine.benchmark.harness import Asking, Found, ask, tasks_of
from engine.benchmark.known import Benchmark, harness_version, lacking
from engine.benchmark.local_data import folder_of
from engine.chat.talker import Talker, Voice
from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.evaluate.answer_file import digest, voice_fingerprint
from engine.evaluate.evaluate import folder_of as evaluations_of
from engine.evaluate.report import difference
from engine.evaluate.thought import is_unfinished
from engine.job import Job
from engine.runs.atomic import write_atomically

BATCH_SIZE = 8


@dataclass(frozen=True)
class BenchmarkSettings:
    """``limit`` is of each subject; ``shots`` and ``max_new_tokens`` None as the field counts;
    ``base`` asks the base too; ``again`` asks anew what was answered before."""

    limit: int | None = None
    shots: int | None = None
    data_folder: Path | None = None
    max_new_tokens: int | None = None
    batch_size: int = BATCH_SIZE
    base: bool = False
    again: bool = False


def run_benchmark(
    target: ChatTarget,
    benchmark: Benchmark,
    settings: BenchmarkSettings,
    job: Job,
    *,
    out: Path | None = None,
) -> dict[str, Any]:
    """Ask ``target`` and keep the result in ``out`` (without it, below the target's run). Returns
    the ``evaluate`` document, with ``benchmark``, ``shots`` and ``subjects``. Raises DanluError
    ``benchmark.*``, ``chat.*``, ``model.*``; Cancelled, after which the same call goes on."""
    lack = lacking(benchmark)
    if lack is not None:
        raise lack
    if settings.base and target.tuned is None:
        raise DanluError("chat.no_tuned", target=target.label)
    start = time.monotonic()
    work = _Work(target, benchmark, settings, out.expanduser() if out else evaluations_of(target))
    tasks = work.tasks(job)  # first what may be lacking, then the model
    talker = Talker.load(target, job=job)
    try:
        results = work.results(talker, "tuned" if target.tuned is not None else None, tasks, job)
        base = work.results(talker, None, tasks, job) if settings.base else None
    finally:
        talker.close()
    return work.keep(results, base, time.monotonic() - start)


class _Work:
    """One benchmark on one target."""

    def __init__(
        self, target: ChatTarget, benchmark: Benchmark, settings: BenchmarkSettings, folder: Path
    ) -> None:
        self._target, self._benchmark, self._settings = target, benchmark, settings
        self._folder = folder
        self._shots = benchmark.shots if settings.shots is None else settings.shots
        asked = [benchmark.name, self._shots, settings.limit, str(self._data() or "")]
        prints = voice_fingerprint(target, target.tuned is not None)
        chosen = [prints, settings.base, settings.max_new_tokens]
        self._stem = f"{benchmark.name}-{digest([*asked, *chosen])[:8]}"

    def _data(self) -> Path | None:
        return folder_of(self._benchmark, self._settings.data_folder)

    def _asking(self, cache: Path) -> Asking:
        chosen = self._settings
        return Asking(
            self._shots,
            chosen.limit,
            chosen.batch_size,
            cache,
            chosen.data_folder,
            chosen.max_new_tokens,
        )

    def tasks(self, job: Job) -> list[Any]:
        return tasks_of(self._benchmark, self._asking(self._folder), job)

    def results(self, talker: Talker, voice: Voice, tasks: list[Any], job: Job) -> Found:
        print_ = voice_fingerprint(self._target, voice is not None)
        cache = self._folder / "benchmark-answers" / digest([print_])[:16]
        if self._settings.again:
            for old in cache.parent.glob(f"{cache.name}*"):
                old.unlink()
        with talker.lent(voice, job) as (model, tokenizer):
            return ask(model, tokenizer, self._benchmark, self._asking(cache), tasks, job)

    def keep(self, found: Found, base: Found | None, seconds: float) -> dict[str, Any]:
        rows = rows_of(self._benchmark, found.results)
        path = self._folder / f"{self._stem}.json"
        document = self._document(found, base, rows, path)
        document["seconds"] = round(seconds, 1)
        beside = rows_of(self._benchmark, base.results) if base is not None else None
        kept = list(worst_first(rows, beside))
        if beside is not None:
            from engine.evaluate.paired import intervals

            document["intervals"] = intervals(beside, rows, document["metrics"])
        rows_path = Path(document["rows_path"])
        lines = (json.dumps(row, ensure_ascii=False) for row in kept)
        write_atomically(rows_path, "".join(line + "\n" for line in lines))
        write_atomically(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        return document

    def _document(
        self, found: Found, base: Found | None, rows: list[Row], path: Path
    ) -> dict[str, Any]:
        benchmark, target, chosen = self._benchmark, self._target, self._settings
        metrics = metrics_of(benchmark, found.results)
        document: dict[str, Any] = {
            "target": target.label,
            "run": target.run.name if target.run else None,
            "model": target.base.source,
            "folder": target.folder,
            "data": benchmark.title,
            "benchmark": benchmark.name,
            "shots": self._shots,
            "limit": chosen.limit,
            "data_folder": str(self._data()) if self._data() else None,
            "tool": f"lm_eval {harness_version()}".rstrip(),
            "rows": len(rows),
            **dict.fromkeys(("dropped", "unanswered", "kept"), 0),
            "unfinished": sum(is_unfinished(row["answer"]) for row in rows),
            "cut": found.cut or bool(base and base.cut),
            "faults": {},
            "metrics": metrics,
            "subjects": subjects_of(rows),
            "subjects_asked": len({row["subject"] for row in rows}) if benchmark.subjects else 0,
            "subjects_known": benchmark.subjects,
            "labels": None,
            "settings": {"max_new_tokens": chosen.max_new_tokens or benchmark.tokens},
        }
        if base is not None:
            before = metrics_of(benchmark, base.results)
            document |= {"base": before, "difference": difference(before, metrics)}
        return document | {
            "path": str(path),
            "rows_path": str(path.with_suffix(".rows.jsonl")),
        }
