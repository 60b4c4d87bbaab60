"""The page: a run's facts as Markdown in the current language."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from engine.models.embedded import NAME
from engine.report.ancestry import ancestry_lines, average_lines
from engine.report.data_changes import data_change_lines
from engine.report.facts import Facts
from engine.report.markdown import cell, code, inline, section, table
from engine.report.proofs import evaluation_lines, export_lines, verify_lines
from engine.units import human_bytes, human_count, human_duration
from engine.words import t

_NONE = "–"


def page(facts: Facts, pictures: Mapping[str, str]) -> str:
    """The whole page. ``pictures``: the address of each curve's SVG by its name."""
    lines = [f"# {inline(t('report.title', run=facts.run.name))}", "", *_summary(facts)]
    for name in ("loss", "learning-rate"):
        if name in pictures:
            title = t("report.losses" if name == "loss" else "report.learning_rate")
            lines += [f"## {title}", "", f"![{title}]({pictures[name]})", ""]
    lines += section(t("report.samples"), sample_lines(facts))
    lines += section(t("report.verify"), verify_lines(facts.verified, facts.verifications))
    lines += section(t("report.evaluations"), evaluation_lines(facts.evaluations))
    lines += section(t("report.lineage"), ancestry_lines(facts.lineage, facts.extensions))
    lines += section(t("report.data"), _data_lines(facts))
    lines += section(t("report.settings"), setting_lines(facts))
    lines += section(t("report.checkpoints"), _checkpoint_lines(facts))
    lines += section(t("report.exports"), export_lines(facts.exports))
    lines += section(t("report.averages"), average_lines(facts.averages))
    lines += section(t("report.machine"), _machine_lines(facts))
    return "\n".join(lines).rstrip() + "\n"


def _summary(facts: Facts) -> list[str]:
    summary, plan = facts.summary, facts.plan
    steps = f"{summary.step}/{summary.steps}" if summary.steps else str(summary.step)
    rows = [
        ("status", t(f"status.{summary.status}")),
        ("model", _model(facts.spec.model.source)),
        ("revision", code((facts.card.get("model") or {}).get("revision") or "")),
        ("license", inline(facts.license or "")),
        ("method", f"{facts.spec.method.stage.upper()} · {facts.spec.method.tuner}"),
        ("parameters", _parameters(plan)),
        ("steps", t("report.steps_value", steps=steps, epochs=f"{summary.epoch:.3g}")),
        ("loss", loss_text(facts)),
        ("eval_loss", eval_text(facts)),
        ("rewards", facts.rewards.text if facts.rewards else ""),
        ("time", human_duration(facts.seconds) if facts.seconds is not None else ""),
        ("ended", _day(summary.ended)),
    ]
    lines = table(
        (t("report.what"), t("report.value")),
        [(t(f"report.fact.{name}"), value) for name, value in rows if value],
    )
    if summary.error:
        lines += [f"> {inline(summary.error.get('what', ''))}", ""]
    return lines


def _model(source: str) -> str:
    return t("report.embedded", name=code(NAME)) if source == "embedded" else code(source)


def _parameters(plan: Mapping[str, Any]) -> str:
    if not plan.get("parameters"):
        return ""
    return t(
        "report.parameters_value",
        all=human_count(plan["parameters"]),
        trained=human_count(plan.get("trained_parameters") or 0),
    )


def loss_text(facts: Facts) -> str:
    """``3.502 → 0.07`` ; empty before the first step."""
    points = facts.curves.loss
    return f"{points[0][1]:.4g} → {points[-1][1]:.4g}" if points else ""


def eval_text(facts: Facts) -> str:
    """The last evaluation loss and where it was lowest; empty without evaluations."""
    if not facts.best_eval:
        return ""
    step, best = facts.best_eval
    last = facts.curves.eval_loss[-1][1]
    return t("report.eval_value", last=f"{last:.4g}", best=f"{best:.4g}", step=int(step))


def _day(seconds: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else ""


def sample_lines(facts: Facts) -> list[str]:
    """Watch prompts with the answers before and after; empty where nobody asked."""
    rows = [
        (cell(sample.prompt), cell(sample.before or _NONE), cell(sample.after or _NONE))
        for sample in facts.samples
    ]
    return table((t("report.prompt"), t("report.before"), t("report.after")), rows) if rows else []


def _data_lines(facts: Facts) -> list[str]:
    rows = [(code(source), code(digest) if digest else _NONE) for source, digest in facts.sources]
    lines = table((t("report.source"), t("report.fingerprint")), rows) if rows else []
    if facts.plan.get("rows") is not None:
        counts = {"rows": facts.plan["rows"], "eval_rows": facts.plan.get("eval_rows") or 0}
        lines += [t("report.rows_value", **counts), ""]
    return lines + data_change_lines(facts.data_changes)


def setting_lines(facts: Facts) -> list[str]:
    """The parameters that differ from their defaults, and who chose them."""
    rows = [
        (
            code(choice.name),
            code(choice.value),
            code(choice.default) or _NONE,
            t(f"origin.by.{choice.by}") + (f" · {inline(choice.why)}" if choice.why else ""),
        )
        for choice in facts.choices
    ]
    titles = [t(f"report.{name}") for name in ("parameter", "value", "default", "by")]
    return table(titles, rows) if rows else []


def _checkpoint_lines(facts: Facts) -> list[str]:
    rows = []
    for made in facts.summary.checkpoints:
        best = f" · {t('report.best')}" if made.best else ""
        loss = _NONE if made.loss is None else f"{made.loss:.4g}"
        eval_loss = _NONE if made.eval_loss is None else f"{made.eval_loss:.4g}"
        rows.append((code(made.path) + best, loss, eval_loss, human_bytes(made.bytes)))
    titles = [t(f"report.{name}") for name in ("checkpoint", "train_loss", "eval_loss", "size")]
    return table(titles, rows) if rows else []


def _machine_lines(facts: Facts) -> list[str]:
    machine = facts.card.get("machine") or {}
    rows = []
    if machine:
        rows.append((t("report.cores"), str(machine.get("cores", _NONE))))
        rows.append((t("report.ram"), human_bytes(machine.get("ram_bytes") or 0)))
    for gpu in machine.get("gpus") or []:
        rows.append((t("report.gpu"), inline(f"{gpu['name']} {human_bytes(gpu['bytes'])}")))
    for name, version in (facts.card.get("versions") or {}).items():
        if version:
            rows.append((inline(name), code(version)))
    return table((t("report.what"), t("report.value")), rows) if rows else []
