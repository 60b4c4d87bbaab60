"""The model card: README.md of a published model, from its run, in the current language."""

from __future__ import annotations

from pathlib import Path

from engine.hub.reference import Hub
from engine.publish.files import PICTURE
from engine.publish.front_matter import front_matter
from engine.publish.origin import PushOrigin
from engine.report.facts import Facts
from engine.report.markdown import code, inline, section, table
from engine.report.page import (
    eval_text,
    evaluation_lines,
    loss_text,
    sample_lines,
    setting_lines,
    verify_lines,
)
from engine.units import human_count
from engine.words import language, t


def model_card(origin: PushOrigin, repo: str, hub: Hub, *, picture: bool) -> str:
    """The whole README. ``picture``: whether the loss curve lies beside it."""
    facts = origin.facts
    name = repo.partition("/")[2]
    base = code(origin.base_name)
    lines = [f"# {inline(name)}", "", t(f"publish.about.{origin.kind}", base=base), ""]
    lines += section(t("publish.use"), use_lines(origin, repo, hub))
    if facts is not None:
        lines += section(t("publish.training"), _training_lines(facts))
        if picture:
            lines += [f"![{t('report.losses')}]({PICTURE})", ""]
        lines += section(t("report.samples"), sample_lines(facts))
        lines += section(t("report.verify"), _verified(facts))
        lines += section(t("report.evaluations"), evaluation_lines(facts.evaluations))
        lines += section(t("report.settings"), setting_lines(_without_paths(facts)))
    lines += section(t("report.fact.license"), _license_lines(origin))
    lines += [t("publish.made_with"), ""]
    return front_matter(origin, hub, _languages()) + "\n" + "\n".join(lines)


def _languages() -> list[str]:
    return ["zh", "en"] if language() == "zh" else ["en", "zh"]


def use_lines(origin: PushOrigin, repo: str, hub: Hub) -> list[str]:
    """A few lines of Python that load what was published; empty for what Python does not load."""
    if origin.kind not in ("adapter", "merged", "quantised"):
        return []
    module = "modelscope" if hub == "modelscope" else "transformers"
    load = "from_pretrained"
    lines = [f"from {module} import AutoModelForCausalLM, AutoTokenizer"]
    if origin.kind == "adapter" and hub == "modelscope":
        lines += ["from modelscope import snapshot_download"]
    if origin.kind == "adapter":
        where = f'snapshot_download("{repo}")' if hub == "modelscope" else f'"{repo}"'
        base = origin.base or origin.base_name
        lines += [
            "from peft import PeftModel", "", f"folder = {where}",
            f'model = AutoModelForCausalLM.{load}("{base}", dtype="auto", device_map="auto")',
            f"model = PeftModel.{load}(model, folder)",
            f"tokenizer = AutoTokenizer.{load}(folder)",
        ]  # fmt: skip
    else:
        lines += [
            "", f'model = AutoModelForCausalLM.{load}("{repo}", dtype="auto", device_map="auto")',
            f'tokenizer = AutoTokenizer.{load}("{repo}")',
        ]  # fmt: skip
    return ["```python", *lines, "```", ""]


def _training_lines(facts: Facts) -> list[str]:
    method, plan = facts.spec.method, facts.plan
    data = [code(Path(source).name if _is_local(source) else source) for source, _ in facts.sources]
    counts = ""
    if plan.get("rows") is not None:
        held = plan.get("eval_rows") or 0
        counts = t("report.rows_value", rows=plan["rows"], eval_rows=held)
    trained = plan.get("trained_parameters")
    rows = [
        (t("report.fact.method"), f"{method.stage.upper()} · {method.tuner}"),
        (t("publish.trained"), human_count(trained) if trained else ""),
        (t("report.data"), ", ".join(data) + (f" · {counts}" if counts else "")),
        (t("report.fact.steps"), str(facts.summary.step)),
        (t("report.fact.loss"), loss_text(facts)),
        (t("report.fact.eval_loss"), eval_text(facts)),
        (t("report.fact.rewards"), facts.rewards.text if facts.rewards else ""),
    ]
    return table((t("report.what"), t("report.value")), [row for row in rows if row[1]])


def _verified(facts: Facts) -> list[str]:
    """How many answers were right. The rows stay here: they are the data."""
    said = verify_lines(facts.verified, [])[:1]
    return [*said, ""] if said else []


def _is_local(source: str) -> bool:
    return source.startswith((".", "~")) or Path(source).is_absolute() or Path(source).exists()


def _without_paths(facts: Facts) -> Facts:
    """The facts without parameters whose values are folders of this machine."""
    from dataclasses import replace

    kept = [c for c in facts.choices if not Path(c.value).is_absolute()]
    return replace(facts, choices=kept)


def _license_lines(origin: PushOrigin) -> list[str]:
    base = code(origin.base_name)
    if not origin.license:
        return [t("publish.license_unknown", base=base), ""]
    return [t("publish.license_from", base=base, license=inline(origin.license)), ""]
