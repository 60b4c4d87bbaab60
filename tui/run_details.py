"""What stands beside the list about the run, checkpoint or export under the cursor."""

from __future__ import annotations

import time
from pathlib import Path

from engine import words
from engine.errors import DanluError
from engine.models.present import is_present
from engine.runs.answers import Answer, answers_at
from engine.runs.averages import read_average
from engine.runs.scores import Score
from engine.units import human_bytes, human_duration
from tui.average_words import shares
from tui.cells import right, width
from tui.compare_rows import score_text
from tui.metric_words import main_metric, metric_name, number
from tui.run_tree import Line
from tui.symbols import sign
from tui.widgets.detail_lines import Detail
from tui.wizard.names import bare_model_name

ANSWER_LINES = 4  # where there is room
_ANSWERS = 6  # at most so many are told
_SHOWN = 400  # characters of one answer


def details_of(line: Line) -> list[Detail]:
    """Read what the list does not know: the spec, the answers, the base. Call it in a thread."""
    if line.exported is not None:
        return [*_export(line), _path(line)]
    if line.is_average:
        return [*_average(line), _path(line)]
    facts = _checkpoint(line) if line.kept is not None else _run(line)
    step = line.kept.checkpoint.step if line.kept else None
    return [*facts, *_answers(answers_at(line.run.path, step)), _path(line)]


def _path(line: Line) -> Detail:
    return Detail(line.path, "ash", "cut_start")


def _run(line: Line) -> list[Detail]:
    head = line.head
    parts = [*_base(line)]
    if head is not None and head.started is not None:
        parts.append(time.strftime("%Y-%m-%d %H:%M", time.localtime(head.started)))
        if head.ended is not None:
            parts.append(human_duration(head.ended - head.started))
    details = [Detail(" · ".join(parts), "foreground", "wrap", most=2)] if parts else []
    remark, colour = _remark(line)
    if remark:
        details.append(Detail(remark, colour, "wrap", most=3))
    return details + _score(head.score if head else None)


def _remark(line: Line) -> tuple[str, str]:
    head = line.head
    if line.found.damaged:
        error = DanluError("run.damaged", run=line.found.name, folder=line.found.path)
        return words.sentences(str(error), error.fix_text(error.fixes[0])), "cinnabar"
    if head is None:
        return "", "gold"
    if head.error:
        return head.error, "cinnabar"
    if line.can_resume:
        said = words.t("runs.resume_from", step=_last_step(head.last))
        said = words.sentences(words.t("runs.recovered"), said) if head.recovered else said
        return said, "gold"
    if not head.checkpoints and not head.active:
        return words.t("runs.nothing_saved"), "gold"
    return (words.t("runs.recovered") if head.recovered else ""), "gold"


def _last_step(last: str | None) -> str:
    return (last or "").rpartition("-")[2]


def _base(line: Line) -> list[str]:
    """The model below and whether it is here, the method; why not, where that cannot be told."""
    try:
        spec = line.run.spec()
    except DanluError:
        model = line.head.model if line.head else ""
        return [base_words(model)] if model else []
    tuner = words.t(f"param_method.tuner.choices.{spec.method.tuner}")
    lora = spec.method.tuner == "lora"
    return [base_words(spec.model.source), f"LoRA r {spec.method.lora_rank}" if lora else tuner]


def base_words(source: str) -> str:
    """The model below, and whether it is on this machine."""
    name = bare_model_name(source).rpartition("/")[2]
    here = is_present(source)
    word = words.t("runs.base_here" if here else "runs.base_absent")
    return words.t("runs.base", model=name, where=f"{sign('yes' if here else 'no')} {word}")


def _checkpoint(line: Line) -> list[Detail]:
    kept = line.kept
    if kept is None or not kept.there:
        return [Detail(words.t("runs.gone"), "cinnabar", "wrap")]
    parts = [words.t(f"runs.{kept.kind}")] if kept.kind else []
    if kept.checkpoint.bytes:
        parts.append(human_bytes(kept.checkpoint.bytes))
    if kept.checkpoint.best:
        parts.append(words.t("runs.best_chosen" if kept.chosen else "runs.best_why"))
    if kept.pinned:
        parts.append(words.t("runs.pinned_why"))
    details = [Detail(" · ".join(parts)), Detail(" · ".join(_base(line)))]
    if kept.missing:
        why = words.t("runs.not_resumable", files=", ".join(kept.missing))
        details.append(Detail(why, "gold", "wrap", most=2))
    else:
        details.append(Detail(words.t("runs.resumable_why"), "ash"))
    return details + _score(kept.score) + _metrics(kept.data, dict(kept.metrics))


def _score(score: Score | None) -> list[Detail]:
    if score is None:
        return []
    said = score_text(score)
    base = words.t("runs.base_right", right=score.base_right, questions=score.questions)
    worse = words.t("runs.got_worse", count=score.worse) if score.worse else ""
    text = " · ".join(part for part in (said, base, worse) if part)
    colour = "jade" if score.share >= 0.9 and not score.worse else "gold"
    return [Detail(text, colour, lead=f"{words.t('runs.verified')} ")]


def _metrics(data: str, metrics: dict[str, float]) -> list[Detail]:
    if not data:
        return []
    first = main_metric(metrics)
    names = [first, *(name for name in metrics if name != first)] if first else list(metrics)
    said = [f"{metric_name(name)} {number(name, metrics[name])}" for name in names[:4]]
    return [Detail(" · ".join(said), lead=f"{words.t('runs.evaluated', data=data)} ")]


def _answers(answers: list[Answer]) -> list[Detail]:
    """What was answered, and below, where there is room, what the untrained model had said."""
    details = []
    for answer in answers[:_ANSWERS]:
        exact = f"{sign('yes')} " if answer.exact else ""
        lead = f"{_short(answer.prompt)} {sign('to')} "
        details.append(Detail(exact + _flat(answer.text), "foreground", "wrap", lead, ANSWER_LINES))
        if answer.before is not None and answer.before != answer.text:
            lead = right(f"{words.t('runs.before')} {sign('to')} ", width(lead))
            details.append(Detail(_flat(answer.before), "ash", "wrap", lead, 2, spare=True))
    return details


def _flat(text: str) -> str:
    return " ".join(text[:_SHOWN].split())


def _short(prompt: str) -> str:
    flat = " ".join(prompt.split())
    return flat if len(flat) <= 24 else flat[:23] + sign("more")


def _average(line: Line) -> list[Detail]:
    facts = read_average(line.path)
    rank, kept = facts.get("rank"), f"{float(facts.get('kept') or 0):.1%}"
    how = "mean_exact" if facts.get("exact") else "mean_cut"
    said = words.t("runs.mean_of", shares=" + ".join(shares(facts)))
    parts = [base_words(str(facts.get("base") or "")), words.t(f"runs.{how}", rank=rank, kept=kept)]
    if line.pinned:
        parts.append(words.t("runs.pinned"))
    details = [Detail(said, "foreground", "wrap", most=3), Detail(" · ".join(parts), "ash")]
    return details + _score(line.head.score if line.head else None)


def _export(line: Line) -> list[Detail]:
    export = line.exported
    if export is None:
        return []
    kind = " ".join(part for part in (export.format, export.quant) if part)
    made = words.t("runs.export_of", checkpoint=export.checkpoint or line.found.name)
    parts = [words.t("runs.export", kind=kind), human_bytes(export.bytes), made]
    parts += [words.t("runs.pinned")] if export.pinned else []
    word = {True: "export_same_why", False: "export_differs_why", None: "export_unchecked_why"}
    colour = {True: "jade", False: "cinnabar", None: "ash"}[export.verified]
    details = [Detail(" · ".join(parts)), Detail(words.t(f"runs.{word[export.verified]}"), colour)]
    said = [words.t(f"export.why.{why}", reason=export.reason) for why in export.why]
    reasons = [Detail(text, "gold", "wrap", most=2) for text in said]
    gone = [] if Path(line.path).is_dir() else [Detail(words.t("runs.gone"), "cinnabar")]
    return details + reasons + gone
