"""Evaluating a model on data: answers in batches, scores, loss; kept, and gone on with later."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.chat.sampling import Sampling
from engine.chat.talker import Talker, Voice
from engine.chat.target import ChatTarget, resolve_target
from engine.errors import DanluError
from engine.evaluate.answer_file import AnswerFile, digest, voice_fingerprint
from engine.evaluate.answer_limit import limit_of
from engine.evaluate.answering import Answered, Answering
from engine.evaluate.asked import AskedRows, asked_rows
from engine.evaluate.labels import labels_of
from engine.evaluate.likeness import language_of, require_scorer, text_scorer
from engine.evaluate.out_of_memory import named_out_of_memory
from engine.evaluate.report import Evaluation
from engine.evaluate.score import Scored, Scoring
from engine.evaluate.settings import Settings
from engine.home import home
from engine.job import Job
from engine.spec.sections import Source

if TYPE_CHECKING:
    from engine.evaluate.likelihood import Likelihood, Masks

FOLDER = "evaluations"


def evaluate(
    target: ChatTarget | str,
    data: str,
    settings: Settings,
    job: Job,
    *,
    out: Path | None = None,
) -> Evaluation:
    """Ask ``target`` every question of ``data``, compare with the references, and keep the result
    in ``out`` (without it, below the target's run). Answers given before are not asked for again.

    Raises DanluError ``evaluate.*``, ``chat.*``, ``model.*`` and ``data.*``; Cancelled, after
    which the same call goes on.
    """
    found = resolve_target(target) if isinstance(target, str) else target
    if settings.base and found.tuned is None:
        raise DanluError("chat.no_tuned", target=found.label)
    folder = _folder(found, out)
    asked = _asked(found, data, settings, job)
    plan = _Plan.of(asked, settings)
    start = time.monotonic()
    talker = Talker.load(found, job=job)
    try:
        limit_by = "you" if settings.max_new_tokens else "data" if settings.asks else None
        settings = _limited(settings, asked, talker, job)
        work = _Work(talker, asked, plan, settings, folder, job)
        scored, kept = work.done_by(tuned=found.tuned is not None)
        base = work.done_by(tuned=False)[0] if settings.base else None
    finally:
        talker.close()
    evaluation = Evaluation(
        found,
        data,
        asked,
        settings,
        scored,
        base,
        plan.language,
        plan.scoring_names,
        plan.labels,
        plan.labels_by,
        limit_by,
        work.folder / f"{work.name}.json",
        time.monotonic() - start,
        kept,
    )
    evaluation.save()
    return evaluation


def folder_of(target: ChatTarget) -> Path:
    """Where evaluations of ``target`` are kept: in its run, else in danlu's home."""
    if target.run is not None:
        return target.run.path / FOLDER
    return home() / FOLDER / _slug(target.label)


@dataclass(frozen=True)
class _Plan:
    """What the rows themselves decide: their language and their labels."""

    language: str
    labels: Sequence[str]
    labels_by: str | None
    scoring: Scoring
    scoring_names: dict[str, str]

    @classmethod
    def of(cls, asked: AskedRows, settings: Settings) -> _Plan:
        """Raises DanluError ``evaluate.libraries_missing`` and ``evaluate.no_labels``."""
        references = [row.question.expected for row in asked.rows]
        language = settings.language or language_of(references)
        scorer = None
        if settings.compares_text:
            require_scorer(language)
            scorer = text_scorer(language)
        labels, by = _labels(references, settings)
        groups = {"rouge", "bleu"} & set(settings.metrics)
        names = {group: scorer.names[group] for group in sorted(groups)} if scorer else {}
        return cls(language, labels, by, Scoring(asked.rows, settings, scorer, labels), names)


def _labels(references: Sequence[str], settings: Settings) -> tuple[Sequence[str], str | None]:
    if "labels" not in settings.metrics or settings.labels == ():
        return (), None
    if settings.labels is not None:
        return settings.labels, "you"
    found = labels_of(references)
    if found is None and settings.labels_required:
        raise DanluError("evaluate.no_labels", rows=len(references), different=len(set(references)))
    return (found, "data") if found else ((), None)


class _Work:
    """Answers and losses of one loaded talker, as either voice."""

    def __init__(
        self,
        talker: Talker,
        asked: AskedRows,
        plan: _Plan,
        settings: Settings,
        folder: Path,
        job: Job,
    ) -> None:
        self.folder = folder
        self._talker, self._asked, self._plan = talker, asked, plan
        self._settings, self._job = settings, job
        keys = [row.key for row in asked.rows]
        chosen = {name: value for name, value in vars(settings).items() if name not in _NO_MATTER}
        prints = voice_fingerprint(talker.target, talker.target.tuned is not None)
        tuned = talker.target.tuned
        source = _slug(Path(asked.rows[0].conversation.file).stem)
        voice = _slug(tuned.name if tuned else Path(talker.target.base.source).name)
        self.name = f"{source}-{voice}-{digest([keys, chosen, prints])[:8]}"

    def done_by(self, *, tuned: bool) -> tuple[Scored, int]:
        """The scores of one voice, and how many of its answers were there before."""
        voice: Voice = "tuned" if tuned else None
        side = "tuned" if tuned or self._talker.target.tuned is None else "base"
        answered = self._answered(voice, tuned, side) if self._settings.asks else _NOTHING
        losses = self._losses(voice, side) if "loss" in self._settings.metrics else []
        scored = self._plan.scoring.score(answered, losses, self._job)
        return scored, answered.kept

    def _answered(self, voice: Voice, tuned: bool, side: str) -> Answered:
        print_ = voice_fingerprint(self._talker.target, tuned)
        path = self.folder / f"answers-{print_}.jsonl"
        limit = self._settings.max_new_tokens
        assert limit is not None  # set by the references where nobody did
        with AnswerFile(path, limit, again=self._settings.again) as file:
            asking = Answering(self._talker, voice, file, self._job, f"evaluate_{side}")
            sampling = Sampling(max_new_tokens=limit)
            return asking.ask(self._asked.rows, sampling, self._settings.batch_size)

    def _losses(self, voice: Voice, side: str) -> list[Likelihood | None]:
        from engine.evaluate.likelihood import likelihoods

        with (
            self._talker.lent(voice, self._job) as (model, tokenizer),
            named_out_of_memory(self._settings.batch_size),
        ):
            return likelihoods(
                model,
                tokenizer,
                [row.conversation for row in self._asked.rows],
                _masks(self._talker.target, model),
                self._job,
                batch_size=self._settings.batch_size,
                phase=f"loss_{side}",
            )


def _limited(settings: Settings, asked: AskedRows, talker: Talker, job: Job) -> Settings:
    """``settings`` with the longest answer they leave to the references."""
    if settings.max_new_tokens or not settings.asks:
        return settings
    references = [row.question.expected for row in asked.rows]
    voice: Voice = "tuned" if talker.target.tuned is not None else None
    with talker.lent(voice, job) as (_, tokenizer):
        limit = limit_of(references, tokenizer)
    job.note("evaluate.limit_by_data", tokens=limit)
    return replace(settings, max_new_tokens=limit)


_NOTHING = Answered({}, {}, 0)
_NO_MATTER = ("batch_size", "again")  # change nothing of what is found


def _masks(target: ChatTarget, model: Any) -> Masks:
    """Those of the target's own training, so that the loss compares with its evaluation loss; else
    all answers, as long as the model reads."""
    from engine.evaluate.likelihood import Masks

    if target.run is not None:
        data = target.run.spec().data
        return Masks(data.max_length, data.mask_history, data.train_on_prompt)
    return Masks(getattr(model.config, "max_position_embeddings", None))


def _asked(target: ChatTarget, data: str, settings: Settings, job: Job) -> AskedRows:
    """The rows, with the system prompt and the fillings of the target's training."""
    source = Source(data, sample=settings.sample, format=settings.format)
    trained = target.run.spec().data if target.run else None
    system = settings.system
    learned = trained.system if trained else target.system
    if system is None and learned:
        system = learned
        job.note("evaluate.system_of_run", system=system)
    fill = {**(trained.fill if trained else {}), **settings.fill}
    return asked_rows(source, job, system=system or None, fill=fill, seed=settings.seed)


def _folder(target: ChatTarget, out: Path | None) -> Path:
    folder = out.expanduser() if out is not None else folder_of(target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DanluError(
            "evaluate.cannot_write", folder=folder, reason=error.strerror or error
        ) from error
    return folder


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:60] or "data"
