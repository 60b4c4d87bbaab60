"""The benchmarks danlu offers, and what asks them. Nothing heavy: any screen may import it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from engine.errors import DanluError

OLDEST = "0.4.13"  # of lm-evaluation-harness: before it tasks are described otherwise
MAIN = "accuracy"  # the figure every benchmark has, percent


@dataclass(frozen=True)
class Benchmark:
    """``task`` is its name in lm-evaluation-harness, or what its subjects' tasks begin with;
    ``shots`` the worked examples before each question, as the field counts them; ``scores`` our
    names of its figures; ``asked`` and ``worked`` the splits of questions and of examples;
    ``columns`` what the harness reads of a question; ``subjects`` how many it has, 0 where it is
    one whole; ``tokens`` how many an answer may have, 0 where one of the given answers is chosen;
    ``packages`` what it needs besides; ``questions`` how many its data set
    asks."""

    name: str
    title: str
    task: str
    shots: int
    scores: Mapping[str, str]
    asked: str
    worked: str
    columns: tuple[str, ...]
    subjects: int = 0
    tokens: int = 0
    packages: tuple[str, ...] = ()
    questions: int = 0

    @property
    def writes(self) -> bool:
        """Whether the model writes its answer, asked through the chat template."""
        return self.tokens > 0

    def subject_task(self, subject: str) -> str:
        """The task of one subject; of the whole where there are none."""
        return f"{self.task}_{subject}" if self.subjects else self.task

    def subject_of(self, task: str) -> str:
        return task.removeprefix(f"{self.task}_")


_CHOICE = {MAIN: "acc,none"}
_GSM8K = {MAIN: "exact_match,flexible-extract", "strict_match": "exact_match,strict-match"}
_IFEVAL = {
    MAIN: "prompt_level_strict_acc,none",
    "instruction_strict": "inst_level_strict_acc,none",
    "prompt_loose": "prompt_level_loose_acc,none",
    "instruction_loose": "inst_level_loose_acc,none",
}
_IFEVAL_COLUMNS = ("key", "prompt", "instruction_id_list", "kwargs")
BENCHMARKS = {
    each.name: each
    for each in (
        Benchmark(
            "ceval", "C-Eval", "ceval-valid", 5, _CHOICE, "val", "dev",
            ("question", *"ABCD", "answer"), subjects=52, questions=1346,
        ),
        Benchmark(
            "cmmlu", "CMMLU", "cmmlu", 5, _CHOICE, "test", "dev",
            ("Question", *"ABCD", "Answer"), subjects=67, questions=11582,
        ),
        Benchmark(
            "mmlu", "MMLU", "mmlu", 5, _CHOICE, "test", "dev",
            ("question", "choices", "answer"), subjects=57, questions=14042,
        ),
        Benchmark(
            "gsm8k", "GSM8K", "gsm8k", 5, _GSM8K, "test", "train",
            ("question", "answer"), tokens=256, questions=1319,
        ),
        Benchmark(
            "ifeval", "IFEval", "ifeval", 0, _IFEVAL, "train", "", _IFEVAL_COLUMNS, tokens=1280,
            packages=("langdetect", "immutabledict", "nltk"), questions=541,
        ),
    )
}  # fmt: skip


def find_benchmark(name: str) -> Benchmark:
    """The benchmark called ``name``. Raises DanluError ``benchmark.unknown``."""
    found = BENCHMARKS.get(name.strip().lower().replace("-", ""))
    if found is None:
        raise DanluError("benchmark.unknown", name=name, known=", ".join(BENCHMARKS))
    return found


def lacking(benchmark: Benchmark) -> DanluError | None:
    """What must be installed before it can be asked; None when all is there."""
    if find_spec("lm_eval") is None:
        return DanluError("benchmark.needs_package", package="lm_eval", benchmark=benchmark.title)
    found = harness_version()
    if found and _numbers(found) < _numbers(OLDEST):
        return DanluError(
            "benchmark.old_package", benchmark=benchmark.title, found=found, oldest=OLDEST
        )
    if any(find_spec(package) is None for package in benchmark.packages):
        package = f'"lm_eval[{benchmark.name}]"'
        return DanluError("benchmark.needs_package", package=package, benchmark=benchmark.title)
    return None


def harness_version() -> str:
    """The version of lm-evaluation-harness; empty for a checkout on the path."""
    try:
        return version("lm_eval")
    except PackageNotFoundError:
        return ""


def _numbers(text: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", text)[:3]]
