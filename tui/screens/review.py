"""Step 5: what will run, and the key that starts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from tui.cells import fit, right
from tui.ink import ink
from tui.memory_word import memory_words
from tui.screens.ask import AskScreen
from tui.symbols import sign
from tui.widgets.fact_grid import FactGrid
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList
from tui.wizard import estimates, findings
from tui.wizard.choices_pane import ON_REVIEW, ChoicesPane
from tui.wizard.command_line import command_line
from tui.wizard.flow import keep_started
from tui.wizard.forecast import forecast
from tui.wizard.forecast_parts import ForecastParts
from tui.wizard.states import problems
from tui.wizard.step_list import StepList
from tui.wizard.step_screen import StepScreen
from tui.wizard.steps import STEPS


@dataclass(frozen=True)
class ReviewRow:
    """Something Enter does: an ``action``, or going to the ``step`` where something is wrong."""

    action: str = ""
    step: str = ""
    text: str = ""


class ReviewScreen(StepScreen):
    """The forecast; what is still wrong; start, save, write."""

    step = "review"
    title_key = "wizard_review.title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "save", "keys.review_save", id="review.save"),
        Binding("w", "write", "keys.review_write", id="review.write"),
        Binding("t", "probe", "keys.review_probe", id="review.probe"),
    ]
    DEFAULT_CSS = """
    ReviewScreen FactGrid { padding: 0 1; }
    ReviewScreen .command { height: auto; max-height: 4; padding: 0 1; margin-top: 1; }
    ReviewScreen RowList { height: 1fr; min-height: 3; margin-top: 1; }
    ReviewScreen ForecastParts { display: none; }
    ReviewScreen.-tall ForecastParts { display: block; height: 1fr; }
    ReviewScreen ChoicesPane { display: none; }
    ReviewScreen.-huge .split { layout: horizontal; }
    ReviewScreen.-huge ChoicesPane { display: block; width: 100; height: 1fr; }
    """

    def work(self) -> list[Widget]:
        command = Prose("$ ", self._command(), lead="bold", id="command")
        told = Vertical(
            FactGrid(columns=1),
            StepList(self._draw, self._rows(), id="actions"),
            ForecastParts(),
            Vertical(command, classes="command"),
        )
        choices = ChoicesPane("wizard_review.choices", ON_REVIEW)
        return [Vertical(told, choices, classes="split")]

    def on_mount(self) -> None:
        self.query_one(RowList).focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self.look_now)

    def refresh_work(self) -> None:
        findings.ask_shelf(self.draft)
        findings.ask_facts(self.draft, self.draft.spec.model.source)
        findings.ask_check(self.draft)
        estimates.ask_estimate(self.draft)
        findings.ask_pace(self.draft)
        self.query_one(FactGrid).show(self._title(), forecast(self.draft))
        self.query_one(RowList).show(self._rows(), same=lambda row: (row.action, row.step))
        self.query_one("#command", Prose).say(self._command())
        if self.has_class("-tall"):
            self.query_one(RowList).styles.height = len(self._rows()) + 1
            self.query_one(ForecastParts).show(self.draft)
        else:
            self.query_one(RowList).styles.clear_rule("height")
        self.query_one(ChoicesPane).show(self.draft.resolved())

    def _command(self) -> str:
        """The equal command line; it says so where the file it names is yet to be written."""
        line = command_line(self.draft)
        if self.draft.written is None and self.draft.recipe is None:
            line += f"   # {words.t('wizard_review.after_write')}"
        return line

    def _title(self) -> Content:
        recipe = self.draft.recipe
        if recipe is None:
            return Content("")
        title = words.t("wizard_review.recipe", title=recipe.title_text)
        return Content.styled(title, "$ember bold")

    def _rows(self) -> list[ReviewRow]:
        wrong = [
            ReviewRow(step=problem.step, text=problem.text) for problem in problems(self.draft)
        ]
        return [*wrong, *(ReviewRow(action) for action in ("start", "save", "write"))]

    def _draw(self, row: ReviewRow, cells: int, selected: bool) -> Text:
        lead = f"{sign('next')} " if selected else "  "
        line = Text().append(lead, ink(self, "ember", bold=True))
        if row.step:
            number = STEPS.index(row.step) + 1
            name = memory_words(bool(self.draft.machine.gpus), f"wizard.step.{row.step}")
            text = f"{sign('no')} {words.t('wizard.problem_at', step=name, problem=row.text)}"
            line.append(fit(text, cells - 8), ink(self, "cinnabar", bold=selected))
            return line.append(right(str(number), 5), ink(self, "ember", bold=True))
        blocked = row.action == "start" and self._blocked()
        said = words.t(f"wizard_review.{row.action}{'_blocked' if blocked else ''}")
        style = ink(self, "ash") if blocked else ink(self, "foreground", bold=row.action == "start")
        key = {"start": sign("enter"), "save": "s", "write": "w"}[row.action]
        line.append(fit(said, cells - 8), style)
        return line.append(right(key, 5), ink(self, "ember", bold=True))

    def _blocked(self) -> bool:
        return bool(problems(self.draft)) or self.danlu.training

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        row: ReviewRow = event.row
        if row.step:
            self.action_go(row.step)
        else:
            getattr(self, f"action_{row.action}")()

    def action_start(self) -> None:
        """Make the run's folder and train, in this process's engine thread."""
        from engine.runs.store import create_run
        from tui.screens.recipes import RecipesScreen

        if self.danlu.training:
            self.fail(DanluError("wizard.training_already"))
            return
        if problems(self.draft):
            self.query_one(RowList).move_to(0)  # where the first of them is named
            return
        app = self.danlu
        try:
            run = create_run(self.draft.spec)
        except DanluError as error:
            self.fail(error)
            return
        keep_started(app, self.draft, run)
        # The live screen takes the place of this one, and of the recipes it was opened from: escape
        # there leads home, not into a second start.
        app.pop_screen()
        if isinstance(app.screen, RecipesScreen):
            app.pop_screen()
        app.start_training(run)

    def action_probe(self) -> None:
        """Measure some real steps, and tell from them how long the whole will take."""
        from tui.screens.probe import ProbeScreen

        if self.danlu.training:
            self.fail(DanluError("wizard.training_already"))
        elif problems(self.draft):
            self.query_one(RowList).move_to(0)
        else:
            self.app.push_screen(ProbeScreen(self.draft.spec))

    def on_screen_resume(self) -> None:
        findings.ask_pace(self.draft, again=True)

    def action_save(self) -> None:
        """Save the spec as an own recipe."""
        question = AskScreen(
            lambda: words.t("wizard_review.save"),
            lambda: words.t("wizard_review.save_about"),
            placeholder=words.t("wizard_review.save_example"),
            refuse=lambda text: "" if text else words.t("wizard_review.name_needed"),
        )
        self.app.push_screen(question, self._save)

    def _save(self, name: str | None) -> None:
        if not name:
            return
        from engine.recipes import save_recipe

        try:
            recipe = save_recipe(self.draft.spec, name)
        except DanluError as error:
            self.fail(error)
            return
        self.notify(words.t("wizard_review.saved", path=recipe.path), timeout=6)

    def action_write(self) -> None:
        """Write the spec as YAML into the current folder."""
        question = AskScreen(
            lambda: words.t("wizard_review.write"),
            lambda: words.t("wizard_review.write_about", folder=Path.cwd()),
            value="danlu-run.yaml",
            refuse=_not_a_file_name,
        )
        self.app.push_screen(question, self._write)

    def _write(self, name: str | None) -> None:
        if not name:
            return
        try:
            self.draft.write(Path.cwd() / name)
        except OSError as error:
            self.fail(DanluError("wizard.cannot_write", path=name, reason=error.strerror or error))
            return
        self.notify(words.t("wizard_review.written", path=name), timeout=6)
        self.look_now()


def _not_a_file_name(text: str) -> str:
    if not text or text.endswith("/"):
        return words.t("wizard_review.name_needed")
    if (Path.cwd() / text).exists():
        return words.t("wizard_review.exists", path=text)
    return ""
