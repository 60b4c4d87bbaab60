"""What an export is asked: the run's watch prompts, and some of the questions it was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.job import Job
from engine.words import area

_QUESTIONS = 16
_LIMIT = 64  # tokens of an answer
_LONGEST = 2000  # characters of a question


@dataclass(frozen=True)
class Prompt:
    """A conversation to be answered in at most ``limit`` tokens."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None = None
    limit: int = _LIMIT

    @property
    def asked(self) -> str:
        said = [message["content"] for message in self.messages if message["role"] == "user"]
        return str(said[-1]) if said else ""


def prompts_of(target: ChatTarget, job: Job) -> list[Prompt]:
    """The prompts for ``target``; where it has no run, or the run's data is gone, general ones."""
    found: list[Prompt] = []
    if target.run is not None:
        spec = target.run.spec()
        system = [{"role": "system", "content": spec.data.system}] if spec.data.system else []
        for text in spec.watch.prompts:
            found.append(Prompt([*system, {"role": "user", "content": text}]))
        found += _trained(target, job)
    if not found:
        job.note("export.general_prompts")
        found = [
            Prompt([{"role": "user", "content": text}])
            for language in ("en", "zh")
            for name, text in area("export", language).items()
            if name.startswith("prompt.")
        ]
    return found


def calibration_texts(target: ChatTarget, tokenizer: Any, count: int, job: Job) -> list[str]:
    """Up to ``count`` of the run's training rows as its chat template lays them out. Raises
    DanluError ``export.no_calibration`` where there is no run to take them from."""
    from engine.data.questions import trained_questions
    from engine.data.template import chat_template

    if target.run is None:
        raise DanluError("export.no_calibration", target=target.label)
    template = chat_template(tokenizer)
    rows = _spread(trained_questions(target.run.spec(), job), count)
    return [
        template.apply([*row.messages, {"role": "assistant", "content": row.expected}], row.tools)
        for row in rows
    ]


def _trained(target: ChatTarget, job: Job) -> list[Prompt]:
    from engine.data.questions import trained_questions

    assert target.run is not None
    try:
        questions = trained_questions(target.run.spec(), job)
    except DanluError:  # the data has been moved since: the watch prompts have to do
        job.note("export.data_gone")
        return []
    short = [q for q in questions if sum(len(str(m["content"])) for m in q.messages) < _LONGEST]
    return [Prompt(q.messages, q.tools) for q in _spread(short, _QUESTIONS)]


def _spread(rows: list[Any], count: int) -> list[Any]:
    """``count`` of ``rows``, evenly over all."""
    if len(rows) <= count:
        return rows
    return [rows[number * len(rows) // count] for number in range(count)]
