"""lm-evaluation-harness, asked on a model that is loaded already. Imports lm_eval and datasets
inside functions only."""

from __future__ import annotations

import contextlib
import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from engine.benchmark.known import Benchmark
from engine.benchmark.local_data import folder_of, local_files, members
from engine.errors import DanluError, fault_of
from engine.job import Cancelled, Job


@dataclass(frozen=True)
class Asking:
    """How to ask: ``limit`` questions of each subject at most; ``cache`` is where answers are kept
    so that the next call goes on; ``data_folder`` None asks the hub unless the usual folder is
    there."""

    shots: int
    limit: int | None
    batch_size: int
    cache: Path
    data_folder: Path | None = None


def harness_arguments(benchmark: Benchmark, asking: Asking, room: Path) -> dict[str, Any]:
    """What ``lm_eval.simple_evaluate`` is called with, but for the model. Raises DanluError
    ``benchmark.*``."""
    folder = folder_of(benchmark, asking.data_folder)
    tasks: list[Any] = [benchmark.task]
    if folder is not None:
        if not folder.is_dir():
            raise DanluError("benchmark.no_folder", folder=folder)
        files = local_files(benchmark, folder, asking.shots)
        # As members of a group: overrides of a task alone would be the whole of it.
        tasks = [{"group": f"local {benchmark.title}", "task": members(benchmark, files, room)}]
    return {
        "tasks": tasks,
        "num_fewshot": asking.shots,
        "limit": asking.limit,
        "use_cache": str(asking.cache),
        "bootstrap_iters": 0,  # no standard errors: they take a minute on large benchmarks
        "log_samples": True,
        "apply_chat_template": benchmark.chat,
        "fewshot_as_multiturn": benchmark.chat,
    }


def ask(
    model: Any, tokenizer: Any, benchmark: Benchmark, asking: Asking, job: Job
) -> dict[str, Any]:
    """The harness's results. Raises DanluError ``benchmark.*``, Cancelled."""
    job.report("benchmark_prepare")
    with tempfile.TemporaryDirectory(prefix="danlu-benchmark-") as room, _quietly():
        arguments = harness_arguments(benchmark, asking, Path(room))
        if not getattr(tokenizer, "chat_template", None):
            arguments |= {"apply_chat_template": False, "fewshot_as_multiturn": False}
        asking.cache.parent.mkdir(parents=True, exist_ok=True)
        _find_sentences(benchmark, asking.data_folder)
        try:
            return _ask(model, tokenizer, arguments, asking.batch_size, job)
        except (Cancelled, DanluError):
            raise
        except (ConnectionError, OSError) as error:
            raise DanluError(
                "benchmark.no_data", exit_code=3, benchmark=benchmark.title, reason=fault_of(error)
            ) from error
        except Exception as error:
            raise DanluError(
                "benchmark.failed", exit_code=3, benchmark=benchmark.title, reason=fault_of(error)
            ) from error


def _ask(
    model: Any, tokenizer: Any, arguments: dict[str, Any], batch_size: int, job: Job
) -> dict[str, Any]:
    huggingface = import_module("lm_eval.models.huggingface")
    with _counting(huggingface, job):
        spoken = huggingface.HFLM(pretrained=model, tokenizer=tokenizer, batch_size=batch_size)
        found = import_module("lm_eval").simple_evaluate(model=spoken, **arguments)
    assert found is not None  # None comes only to the other processes of several
    return dict(found)


@contextlib.contextmanager
def _counting(huggingface: Any, job: Job) -> Iterator[None]:
    """While open, the harness draws no bars; that of its asking reports to ``job``."""
    modules = [each for name, each in sys.modules.items() if name.startswith("lm_eval")]
    before = {module: module.tqdm for module in modules if hasattr(module, "tqdm")}
    for module in before:
        vars(module)["tqdm"] = partial(_Bar, job if module is huggingface else None)
    try:
        yield
    finally:
        for module, bar in before.items():
            vars(module)["tqdm"] = bar


class _Bar:
    """What the harness takes for a progress bar: draws nothing, and reports to ``job`` if any."""

    def __init__(
        self, job: Job | None, rows: Any = None, total: int | None = None, **_: Any
    ) -> None:
        self._job, self._rows, self._done = job, rows, 0
        self._total = total if total is not None else len(rows or ())
        self.update(0)

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            yield row
            self.update(1)

    def update(self, count: int = 1) -> None:
        self._done += count
        if self._job is not None:
            self._job.report("benchmark_ask", self._done, self._total or None, "requests")

    def close(self) -> None:
        """Nothing was opened."""


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """While open, what the harness prints goes to standard error, and little of it."""
    import datasets

    import_module("lm_eval")  # it sets up its logger when it is imported
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    datasets.disable_progress_bars()
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _find_sentences(benchmark: Benchmark, folder: Path | None) -> None:
    """IFEval counts sentences by rules of NLTK's, which it would download: a folder may have
    them."""
    if "nltk" in benchmark.packages and folder is not None:
        import nltk

        nltk.data.path.insert(0, str(folder.expanduser() / "nltk_data"))
