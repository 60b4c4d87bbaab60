"""How long the rows are, and what to set the longest length to; else why that is not known."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine import words
from engine.data.length_plan import LengthPlan
from engine.job import Job
from engine.units import human_count
from tui.cells import width
from tui.symbols import sign
from tui.widgets.histogram import Histogram
from tui.widgets.prose import Prose
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.lengths import Lengths, lengths_of
from tui.wizard.states import data_problems


class LengthsPane(Vertical):
    """Percentiles, a histogram, what is cut at which length, and a sentence of advice."""

    DEFAULT_CSS = "LengthsPane { height: auto; }"

    def compose(self) -> ComposeResult:
        yield Static("", id="lengths_title", markup=False)
        yield Histogram()
        yield Static("", id="lengths_plan", markup=False)
        yield Prose("", "", id="lengths_said")

    def show(self, draft: Draft) -> None:
        """Draw what is known of the draft's rows now."""
        report, found = findings.report(draft), draft_lengths(draft)
        title, said = self.query_one("#lengths_title", Static), self.query_one(Prose)
        histogram = self.query_one(Histogram)
        histogram.display = found is not None
        if report is None or found is None:
            title.update("")
            self.query_one("#lengths_plan", Static).update("")
            said.say(_unknown(draft))
            return
        histogram.show(found.drawn, draft.spec.data.max_length)
        title.update(_title(found))
        self.query_one("#lengths_plan", Static).update(_plan(found.plan, self.size.width))
        said.say(_advice(draft, found))


def draft_lengths(draft: Draft) -> Lengths | None:
    """The summary of the rows' lengths; None while they are not known."""
    report, facts = findings.report(draft), findings.facts(draft)
    if report is None:
        return None
    context = facts.context_length if facts else None
    limit, stage = draft.spec.data.max_length, draft.spec.method.stage

    def look(job: Job) -> Lengths | None:
        return lengths_of(report.lengths, context, limit, stage)

    return draft.desk.ask("lengths", (id(report), context, limit), look).result


def _title(found: Lengths) -> Content:
    said = words.t(
        "wizard_data.percentiles",
        half=human_count(found.half),
        most=human_count(found.most),
        longest=human_count(found.longest),
    )
    title = words.t("wizard_data.lengths", rows=human_count(found.plan.rows))
    return Content.assemble((title, "bold"), "  ", (said, "$ash"))


def _plan(plan: LengthPlan, cells: int) -> Content:
    """What is cut at which length, as far as that fits on a line, and what an epoch reads."""
    epoch = words.t("wizard_data.epoch", tokens=human_count(plan.tokens))
    if plan.packed >= 1.5:
        packed = words.t("wizard_data.packed", rows=f"{plan.packed:.1f}")
        epoch = f"{epoch} · {packed}"
    if plan.cuts and plan.cuts[0].rows:
        return Content.assemble((_cuts(plan, cells), "$ash"), "\n", (epoch, "$ash"))
    return Content.styled(epoch, "$ash")


def _cuts(plan: LengthPlan, cells: int) -> str:
    line = words.t("wizard_data.cut_at")
    for cut in plan.cuts:
        share = f"{cut.share:.0%}" if cut.share >= 0.1 or not cut.rows else f"{cut.share:.1%}"
        more = f"  {human_count(cut.max_length)}: {share}"
        if width(line + more) > cells:
            break
        line += more
        if not cut.rows:
            break
    return line


def _advice(draft: Draft, found: Lengths) -> str:
    limit = draft.spec.data.max_length
    key = "wizard_data.too_short" if limit < found.longest else "wizard_data.suggested"
    if limit == found.suggested:
        key = "wizard_data.fitting"
    elif found.plan.why == "context":
        key = "wizard_data.context"
    elif not found.cut:
        key += "_all"
    what = words.t(f"wizard_data.over_{draft.spec.data.over_long}")
    counts = {"suggested": found.suggested, "cut": found.cut, "over": found.plan.over}
    return words.t(key, limit=limit, what=what, **counts)


def _unknown(draft: Draft) -> str:
    """Why there are no lengths yet."""
    if not draft.spec.data.train:
        return words.t("wizard_data.no_rows_yet")
    wrong = words.sentences(*data_problems(draft))
    if wrong:
        return f"{sign('no')} {wrong}"
    if findings.warming(draft):
        return words.t("wizard_data.warming")
    tokenizer = draft.desk.find("tokenizer")
    if tokenizer is not None and tokenizer.error is not None:
        return f"{sign('warn')} {tokenizer.error}"
    if findings.local_folder(draft) is None:
        return words.t("wizard_data.lengths_later")
    return ""
