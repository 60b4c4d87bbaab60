"""What stands open: the state of each step on the rail, and what keeps the run from starting."""

from __future__ import annotations

from dataclasses import dataclass

from engine import words
from tui.wizard import estimates, findings
from tui.wizard.draft import Draft
from tui.wizard.steps import STEPS


@dataclass(frozen=True)
class Problem:
    """Something to mend at ``step`` before the run can start; ``text`` says what, in words."""

    step: str
    text: str


def problems(draft: Draft) -> list[Problem]:
    """All that keeps the run from starting, as far as is known without waiting."""
    found: list[Problem] = []
    model = findings.model_error(draft)
    if model is not None:
        found.append(Problem("model", model.what))
    if not draft.spec.data.train:
        found.append(Problem("data", words.t("wizard.problem.no_data")))
    found += [Problem("data", text) for text in data_problems(draft)]
    found += [Problem("parameters", error.what) for error in draft.exclusions()]
    return found


def data_problems(draft: Draft) -> list[str]:
    """What the check of the data found that forbids training with it, in words."""
    error = findings.check_error(draft)
    if error is not None:
        return [error.what]
    names = findings.unfilled(draft)
    if names:
        shown = ", ".join(f"{{{{{name}}}}}" for name in names)
        return [words.t("wizard.problem.unfilled", names=shown)]
    report = findings.report(draft)
    if report is None:
        return []
    unread = [finding.error.what for finding in report.findings if finding.error is not None]
    if unread:
        return unread
    if not findings.taken_rows(report):
        return [words.t("wizard.problem.no_rows")]
    if many_dropped(draft):
        share, limit = report.dropped_share * 100, draft.spec.data.max_dropped * 100
        count = report.dropped
        key = "wizard.problem.many_dropped"
        return [words.t(key, count=count, share=f"{share:.0f}", limit=f"{limit:.0f}")]
    return []


def many_dropped(draft: Draft) -> bool:
    """Whether more rows are left out than ``data.max_dropped`` allows, though some can be used."""
    report = findings.report(draft)
    if report is None or not findings.taken_rows(report):
        return False
    return report.dropped_share > draft.spec.data.max_dropped


def step_states(draft: Draft) -> dict[str, str]:
    """For each step: ``done``, ``problem`` or ``open``."""
    wrong = {problem.step for problem in problems(draft)}
    done = {
        "model": "model" in draft.visited or draft.recipe is not None,
        "data": bool(draft.spec.data.train),
        "memory": "memory" in draft.visited,
        "parameters": "parameters" in draft.visited or draft.recipe is not None,
        "review": False,
    }
    verdict = estimates.verdict(draft)
    if verdict == "does_not_fit":
        wrong.add("memory")
    done["memory"] = verdict in ("fits", "tight")
    wrong -= {"data"} if "data" not in draft.visited and not draft.spec.data.train else set()
    return {
        step: "problem" if step in wrong else "done" if done[step] else "open" for step in STEPS
    }
