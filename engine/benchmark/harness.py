"""lm-evaluation-harness, asked on a model that is loaded already. Imports lm_eval and datasets
inside functions only."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from engine.benchmark.bars import counting
from engine.benchmark.known import Benchmark
from engine.benchmark.local_data import folder_of, local_questions, members
from engine.benchmark.sentences import find_sentences
from engine.errors import DanluError, fault_of
from engine.job import Cancelled, Job

_END_OF_THOUGHT = "</think>"
_CUT = ("from the left", "Left truncation")  # what the harness says where a question was cut


@dataclass(frozen=True)
class Asking:
    """How to ask: ``limit`` questions of each subject at most; an answer has ``tokens`` at most,
    None as the harness has it; ``cache`` is where answers are kept so that the next call goes on;
    ``data_folder`` None asks the hub unless the usual folder is there."""

    shots: int
    limit: int | None
    batch_size: int
    cache: Path
    data_folder: Path | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class Found:
    """The harness's ``results``; ``cut`` is whether a question was too long for the model."""

    results: dict[str, Any]
    cut: bool


def tasks_of(benchmark: Benchmark, asking: Asking, job: Job) -> list[Any]:
    """What the harness is to ask: its own task, which fetches the questions from a hub, or those
    of a folder. Needs no model. Raises DanluError ``benchmark.*``, Cancelled."""
    job.report("benchmark_prepare")
    folder = folder_of(benchmark, asking.data_folder)
    if folder is not None and not folder.is_dir():
        raise DanluError("benchmark.no_folder", folder=folder)
    find_sentences(benchmark, folder)
    if folder is None:
        return [benchmark.task]
    known = _indexed(benchmark).all_subtasks
    questions = local_questions(benchmark, folder, asking.shots, known, job)
    # As members of a group: overrides of a task alone would be the whole of it.
    return [{"group": f"local {benchmark.title}", "task": members(benchmark, questions)}]


def harness_arguments(
    benchmark: Benchmark, asking: Asking, *, template: bool = True
) -> dict[str, Any]:
    """What ``lm_eval.simple_evaluate`` is called with, but for the model and its tasks."""
    spoken = benchmark.writes and template
    limits = {"gen_kwargs": {"max_gen_toks": asking.tokens}} if asking.tokens else {}
    return {
        "num_fewshot": asking.shots,
        "limit": asking.limit,
        "use_cache": str(asking.cache),
        "bootstrap_iters": 0,  # no standard errors: they take a minute on large benchmarks
        "log_samples": True,
        "apply_chat_template": spoken,
        "fewshot_as_multiturn": spoken,
        **(limits if benchmark.writes else {}),
    }


def ask(
    model: Any, tokenizer: Any, benchmark: Benchmark, asking: Asking, tasks: list[Any], job: Job
) -> Found:
    """What the model makes of ``tasks``. Raises DanluError ``benchmark.*``, Cancelled."""
    template = bool(getattr(tokenizer, "chat_template", None))
    arguments = harness_arguments(benchmark, asking, template=template)
    asking.cache.parent.mkdir(parents=True, exist_ok=True)
    huggingface = import_module("lm_eval.models.huggingface")
    # It asks git of the current folder, which complains aloud where there is no repository.
    vars(import_module("lm_eval.evaluator"))["get_git_commit_hash"] = lambda: None
    with _quietly() as cut, counting(huggingface, job, asking.batch_size):
        try:
            spoken = huggingface.HFLM(
                pretrained=model,
                tokenizer=tokenizer,
                batch_size=asking.batch_size,
                think_end_token=_END_OF_THOUGHT if benchmark.writes else None,
            )
            _refuse_short(benchmark, asking, spoken.max_length)
            found = import_module("lm_eval").simple_evaluate(
                model=spoken, tasks=tasks, task_manager=_indexed(benchmark), **arguments
            )
        except (Cancelled, DanluError):
            raise
        except Exception as error:
            raise _named(error, benchmark, asking) from error
    assert found is not None  # None comes only to the other processes of several
    return Found(dict(found), bool(cut))


def _named(error: Exception, benchmark: Benchmark, asking: Asking) -> DanluError:
    from engine.train.failures import is_out_of_memory

    values: dict[str, Any] = {"exit_code": 3, "benchmark": benchmark.title}
    if is_out_of_memory(error):
        return DanluError("benchmark.out_of_memory", batch_size=asking.batch_size, **values)
    code = "no_data" if isinstance(error, ConnectionError | OSError) else "failed"
    return DanluError(f"benchmark.{code}", reason=fault_of(error), **values)


def _refuse_short(benchmark: Benchmark, asking: Asking, room: int) -> None:
    """The harness asserts that question and answer fit, after all has been prepared."""
    tokens = asking.tokens or benchmark.tokens
    if tokens >= room:
        raise DanluError(
            "benchmark.answer_too_long",
            benchmark=benchmark.title,
            tokens=tokens,
            room=room,
            half=room // 2,
        )


def _indexed(benchmark: Benchmark) -> Any:
    """The harness's index of its tasks, of those of ``benchmark`` alone: all take seconds."""
    tasks = import_module("lm_eval.tasks")
    own = Path(str(tasks.__file__)).parent / benchmark.name
    return tasks.TaskManager(
        include_path=str(own) if own.is_dir() else None, include_defaults=not own.is_dir()
    )


@contextlib.contextmanager
def _quietly() -> Iterator[Collection[str]]:
    """While open, what the harness prints goes to standard error, and little of it. Gives what it
    said of questions it cut."""
    import datasets

    said: list[str] = []

    def heard(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if any(sign in text for sign in _CUT):
            said.append(text)
        return record.levelno >= logging.ERROR

    import_module("lm_eval")  # it sets up its logger when it is imported
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    asker = logging.getLogger("lm_eval.models.huggingface")
    asker.setLevel(logging.WARNING)
    asker.addFilter(heard)
    datasets.disable_progress_bars()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield said
    finally:
        asker.removeFilter(heard)
