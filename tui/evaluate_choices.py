"""What a person has chosen about an evaluation: the fields, their values, the command they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from engine import words
from engine.benchmark.known import BENCHMARKS, Benchmark
from engine.benchmark.local_data import folder_of
from engine.evaluate.settings import Settings

_ON_DATA = ("data", "sample", "labels", "tokens", "base")
_ON_BENCHMARK = ("data", "limit", "shots", "tokens", "folder", "base")


@dataclass(frozen=True)
class Choices:
    """``data`` is a file or a hub's data set; a ``benchmark`` takes its place. ``tuned`` is whether
    there is a base to compare with."""

    data: str = ""
    settings: Settings = field(default_factory=Settings)
    benchmark: Benchmark | None = None
    limit: int | None = None
    shots: int | None = None
    folder: Path | None = None
    tokens: int | None = None  # an answer to a benchmark may have; None as it is counted
    tuned: bool = True

    @property
    def ready(self) -> bool:
        return bool(self.data) or self.benchmark is not None

    def next_benchmark(self) -> Benchmark | None:
        """The one after the chosen one; None, which is data again, after the last."""
        known = [None, *BENCHMARKS.values()]
        return known[(known.index(self.benchmark) + 1) % len(known)]

    def fields(self) -> list[str]:
        names = _ON_BENCHMARK if self.benchmark else _ON_DATA
        left_out = [] if self.tuned else ["base"]
        if self.benchmark is not None and not self.benchmark.writes:
            left_out.append("tokens")
        return [name for name in names if name not in left_out]

    @property
    def longest(self) -> int | None:
        """How many tokens an answer may have; None: by the references."""
        if self.benchmark is not None:
            return self.tokens or self.benchmark.tokens
        return self.settings.max_new_tokens

    def value(self, name: str) -> str:
        """What stands behind the field ``name``."""
        t, chosen = words.t, self.settings
        match name:
            case "data" if self.benchmark:
                return t("evaluate_screen.is_benchmark", name=self.benchmark.title)
            case "data":
                return self.data or t("evaluate_screen.no_data")
            case "sample" if chosen.sample is not None:
                return t("evaluate_screen.some_rows", count=chosen.sample)
            case "limit" if self.limit is not None:
                parted = self.benchmark is not None and self.benchmark.subjects
                key = "first_rows" if parted else "first_questions"
                return t(f"evaluate_screen.{key}", count=self.limit)
            case "limit" if self.benchmark and folder_of(self.benchmark, self.folder) is None:
                return t("evaluate_screen.all_questions", count=self.benchmark.questions)
            case "sample" | "limit":
                return t("evaluate_screen.all_rows")
            case "shots":
                usual = self.benchmark.shots if self.benchmark else 0
                return str(usual if self.shots is None else self.shots)
            case "folder":
                return str(self.folder or t("evaluate_screen.from_hub"))
            case "labels" if chosen.labels is None:
                return t("evaluate_screen.labels_auto")
            case "labels":
                return ", ".join(chosen.labels or ()) or t("evaluate_screen.labels_none")
            case "tokens" if self.longest is None:
                return t("evaluate_screen.tokens_auto")
            case "tokens":
                return t("evaluate_screen.token_count", count=self.longest)
        return t("verify.yes") if chosen.base else t("verify.no")

    def typed(self, name: str) -> str:
        """What stands in the line when the field is edited."""
        chosen = self.settings
        return {
            "sample": str(chosen.sample or ""),
            "limit": str(self.limit or ""),
            "shots": self.value("shots"),
            "folder": str(self.folder or ""),
            "tokens": str(self.longest or ""),
            "labels": ", ".join(chosen.labels or ()),
        }[name]

    def command(self, target: str) -> list[str]:
        """The words after ``danlu`` that do it."""
        chosen = self.settings
        if self.benchmark is not None:
            words_ = ["evaluate", target, "--benchmark", self.benchmark.name]
            numbers = {"limit": self.limit, "shots": self.shots}
            if self.benchmark.writes:
                numbers["max-new-tokens"] = self.tokens
            for option, value in numbers.items():
                words_ += [f"--{option}", str(value)] if value is not None else []
            words_ += ["--data-folder", str(self.folder)] if self.folder else []
        else:
            words_ = ["evaluate", target, self.data]
            numbers = {"max-new-tokens": chosen.max_new_tokens, "sample": chosen.sample}
            for option, value in numbers.items():
                words_ += [f"--{option}", str(value)] if value is not None else []
            if chosen.labels is not None:
                words_ += ["--labels", ",".join(chosen.labels) or "none"]
        return [*words_, "--base"] if chosen.base and self.tuned else words_
