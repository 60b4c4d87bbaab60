"""How long the rows are, and what to set the longest length to; else why that is not known."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine import words
from engine.units import human_count
from tui.symbols import sign
from tui.widgets.histogram import Histogram
from tui.widgets.prose import Prose
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.lengths import Lengths, lengths_of
from tui.wizard.states import data_problems


class LengthsPane(Vertical):
    """Percentiles, a histogram, and a sentence of advice."""

    DEFAULT_CSS = "LengthsPane { height: auto; }"

    def compose(self) -> ComposeResult:
        yield Static("", id="lengths_title", markup=False)
        yield Histogram()
        yield Prose("", "", id="lengths_said")

    def show(self, draft: Draft) -> None:
        """Draw what is known of the draft's rows now."""
        report, found = findings.report(draft), draft_lengths(draft)
        title, said = self.query_one("#lengths_title", Static), self.query_one(Prose)
        histogram = self.query_one(Histogram)
        histogram.display = found is not None
        if report is None or found is None:
            title.update("")
            said.say(_unknown(draft))
            return
        histogram.show(report.lengths, draft.spec.data.max_length)
        title.update(_title(found, len(report.lengths)))
        said.say(_advice(draft, found, report.lengths))


def draft_lengths(draft: Draft) -> Lengths | None:
    """The summary of the rows' lengths; None while they are not known."""
    report, facts = findings.report(draft), findings.facts(draft)
    context = facts.context_length if facts else None
    return lengths_of(report.lengths, context) if report else None


def _title(found: Lengths, rows: int) -> Content:
    said = words.t(
        "wizard_data.percentiles",
        half=human_count(found.half),
        most=human_count(found.most),
        longest=human_count(found.longest),
    )
    title = words.t("wizard_data.lengths", rows=human_count(rows))
    return Content.assemble((title, "bold"), "  ", (said, "$ash"))


def _advice(draft: Draft, found: Lengths, lengths: list[int]) -> str:
    limit = draft.spec.data.max_length
    key = "wizard_data.too_short" if limit < found.longest else "wizard_data.suggested"
    if limit == found.suggested:
        key = "wizard_data.fitting"
    elif not found.cut:
        key += "_all"
    over = sum(1 for length in lengths if length > limit)
    what = words.t(f"wizard_data.over_{draft.spec.data.over_long}")
    counts = {"suggested": found.suggested, "cut": found.cut, "over": over}
    return words.t(key, limit=limit, what=what, **counts)


def _unknown(draft: Draft) -> str:
    """Why there are no lengths yet."""
    if not draft.spec.data.train:
        return words.t("wizard_data.no_rows_yet")
    wrong = " ".join(data_problems(draft))
    if wrong:
        return f"{sign('no')} {wrong}"
    if findings.warming(draft):
        return words.t("wizard_data.warming")
    tokenizer = draft.desk.find("tokenizer")
    if tokenizer is not None and tokenizer.error is not None:
        return f"{sign('warn')} {tokenizer.error.what} {tokenizer.error.why}"
    if findings.local_folder(draft) is None:
        return words.t("wizard_data.lengths_later")
    return ""
