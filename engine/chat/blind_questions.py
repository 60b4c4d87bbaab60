"""What two voices are asked in a blind comparison: the run's own prompts and the rows it held back,
or those of a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.data.questions import question_of
from engine.data.report import SourceReport
from engine.data.split import held_back
from engine.data.survey import Wording, taken
from engine.errors import DanluError
from engine.job import Job
from engine.runs.store import Run
from engine.spec.run_spec import RunSpec
from engine.spec.sections import Source
from engine.words import t

Message = dict[str, Any]
_MOST = 500  # rows read: nobody votes on more


def run_questions(run: Run, job: Job) -> list[list[Message]]:
    """The run's watch prompts, then the rows it was evaluated on (none was trained). Each is the
    messages before the answer. Raises DanluError as reading data does."""
    spec = run.spec()
    prompts = [asked(prompt, spec.data.system) for prompt in spec.watch.prompts]
    return _different([*prompts, *_held_back(spec, job)])[:_MOST]


def questions_left(run: Run | None, job: Job) -> list[list[Message]]:
    """The same, as far as there are any: without a run, or once its data is gone, none."""
    try:
        return run_questions(run, job) if run is not None else []
    except DanluError:
        return []


def file_questions(path: str, job: Job, system: str | None = None) -> list[list[Message]]:
    """The questions of a file: with ``.txt`` one a line, else data in any format training reads,
    or messages without an answer. Raises DanluError ``chat.no_questions`` and as reading does."""
    file = Path(path).expanduser()
    if file.suffix == ".txt":
        try:
            lines = file.read_text(encoding="utf-8").split("\n")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            kind = t("chat.file.questions")
            raise DanluError("chat.bad_file", path=path, kind=kind, reason=reason) from error
        found = [asked(line.strip(), system) for line in lines if line.strip()]
    else:
        from engine.evaluate.asked import asked_rows

        rows = asked_rows(Source(path), job, system=system).rows
        found = [row.question.messages for row in rows]
    if not found:
        raise DanluError("chat.no_questions", path=path)
    return _different(found)[:_MOST]


def _held_back(spec: RunSpec, job: Job) -> list[list[Message]]:
    wording = Wording(spec.data.fill, spec.data.system, spec.train.seed)

    def rows(sources: Iterable[Source]) -> list[Any]:
        return [
            row
            for source in sources
            for row in taken(source, wording, SourceReport(source.source, spec.method.stage), job)
        ]

    held = rows(spec.data.eval)
    if spec.data.eval_fraction and not held:
        trained = rows(spec.data.train)
        split = held_back(trained, spec.data.eval_fraction)
        held = [row for row, kept in zip(trained, split, strict=True) if kept]
    return [question.messages for row in held if (question := question_of(row))]


def asked(prompt: str, system: str | None) -> list[Message]:
    """``prompt`` as the messages a model answers."""
    first = [{"role": "system", "content": system}] if system else []
    return [*first, {"role": "user", "content": prompt}]


def _different(questions: list[list[Message]]) -> list[list[Message]]:
    seen: dict[str, list[Message]] = {}
    for messages in questions:
        seen.setdefault(repr(messages), messages)
    return list(seen.values())
