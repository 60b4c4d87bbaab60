"""The first screen: what is running, where to start, what to go on with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from engine import words
from tui.cells import fit, width
from tui.home_facts import Facts, find_facts, with_lines, with_recipes
from tui.home_menu import Entry, menu
from tui.ink import ink
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.head_line import HeadLine
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from engine.runs.store import Run
    from tui.home_lines import HomeLines
    from tui.run_watch import RunState, RunWatch
    from tui.tree_line import Line
    from tui.widgets.home_side import HomeSide

# What reads runs, recipes or the machine is imported when it is used: the first paint waits for
# nothing.

EVERY = 2.0  # seconds between two looks at the runs
_COLUMNS = 100  # cells from which on the last runs are shown in columns
_BESIDE, _TALL = 160, 36  # the breakpoints of the app for a column more, and for lines more
_BELOW = 15  # lines that go to the run below the menu
_BREATH = 0.02  # seconds after the first paint before the first look, whose imports take the GIL


class HomeScreen(DanluScreen):
    """Every way into danlu, on one key each."""

    title_key = "home.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "quick", "keys.home_quick", show=False, id="home.quick"),
        Binding("2", "own", "keys.home_own", show=False, id="home.own"),
        Binding("3", "recipes", "keys.home_recipes", show=False, id="home.recipes"),
        Binding("4", "runs", "keys.home_runs", show=False, id="home.runs"),
        Binding("5", "chat", "keys.home_chat", show=False, id="home.chat"),
        Binding("6", "evaluate", "keys.home_evaluate", show=False, id="home.evaluate"),
        Binding("7", "export", "keys.home_export", show=False, id="home.export"),
        Binding("8", "publish", "keys.home_publish", show=False, id="home.publish"),
        Binding("9", "jobs", "keys.home_jobs", show=False, id="home.jobs"),
        Binding("a", "attach", "keys.home_attach", id="home.attach"),
        Binding("d", "doctor", "keys.home_doctor", id="home.doctor"),
        Binding("s", "settings", "keys.home_settings", id="home.settings"),
        Binding("l", "language", "keys.language", id="home.language"),
        Binding("q", "quit", "keys.quit", id="home.quit"),
    ]

    DEFAULT_CSS = """
    HomeScreen .body { height: 1fr; }
    HomeScreen .beside { display: none; }
    HomeScreen.-wide.-tall .beside { display: block; height: 15; }
    HomeScreen.-wide HomeSide { layout: horizontal; }
    HomeScreen.-wide HomeSide RunChart { width: 1fr; }
    HomeScreen.-wide HomeSide #story { width: 1fr; height: 1fr; }
    HomeScreen.-wide HomeSide #machine { display: none; }
    HomeScreen.-huge.-tall .body { layout: horizontal; }
    HomeScreen.-huge.-tall RowList { width: 62%; }
    HomeScreen.-huge.-tall .beside { display: block; width: 38%; height: 1fr; padding: 1 0 0 2; }
    """

    class Found(Message):
        """The worker has looked."""

        def __init__(self, facts: Facts) -> None:
            super().__init__()
            self.facts = facts

    def __init__(self) -> None:
        super().__init__()
        self._facts = Facts()
        self._watch: RunWatch | None = None
        self._lines: HomeLines | None = None
        self._side: HomeSide | None = None

    @property
    def looked(self) -> bool:
        """Whether what stands on this machine is known."""
        return bool(self._facts.machine)

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, self._entries(), selectable=lambda entry: bool(entry.action))
        return [Container(rows, Container(classes="beside"), classes="body")]

    def head_right(self) -> str:
        return "   ".join(part for part in (self._facts.machine, words.language().upper()) if part)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "back":
            return False
        return action != "attach" or bool(self._facts.running)

    def on_mount(self) -> None:
        self.call_after_refresh(self.set_timer, _BREATH, self._begin)

    def _begin(self) -> None:
        self._look()
        self.set_interval(EVERY, self._look)

    def on_screen_resume(self) -> None:
        if self._watch is not None:
            self._look()
        if self._side is not None and self._side.is_attached:
            self._side.look_anew()

    def _look(self) -> None:
        if self.app.screen is self:
            self.run_worker(
                self._find, thread=True, exclusive=True, exit_on_error=False, group="home"
            )

    def _find(self) -> None:
        """In a thread: look at this machine, and post what was found."""
        if self._watch is None:
            from tui.run_watch import RunWatch

            self._watch = RunWatch()
        facts = find_facts(self._watch, self._facts)
        self.post_message(self.Found(facts))
        if facts.recipes is None:
            facts = with_recipes(facts)
            self.post_message(self.Found(facts))
        if self.size.width >= _COLUMNS:
            self.post_message(self.Found(self._with_lines(facts)))

    def _with_lines(self, facts: Facts) -> Facts:
        if self._lines is None:
            from tui.home_lines import HomeLines

            self._lines = HomeLines()
        return with_lines(facts, self._lines)

    async def on_home_screen_found(self, message: Found) -> None:
        facts, self._facts = self._facts, message.facts
        if facts == self._facts:
            return
        self.query_one(RowList).show(self._entries(), same=lambda entry: entry.identity)
        self.query_one(HeadLine).show(right=self.head_right())
        if bool(facts.running) != bool(self._facts.running):
            self.refresh_bindings()
        self._tell()

    def on_row_list_moved(self) -> None:
        self._tell()

    def _tell(self) -> None:
        """Show, where there is room, the run under the cursor, else the one at work, else the
        last."""
        if not (self._room_beside() and self.looked):
            return
        from tui.widgets.home_side import HomeSide

        if self._side is None or not self._side.is_attached:
            self._side = HomeSide()
            self.query_one(".beside").mount(self._side)
        entry: Entry | None = self.query_one(RowList).current
        known = (*self._facts.running, *self._facts.recent)
        state = (entry and entry.run) or next(iter(known), None)
        self._side.tell(self._line_of(state))

    def _line_of(self, state: RunState | None) -> Line | None:
        return self._facts.lines.get(state.name) if state is not None else None

    def _room_beside(self) -> bool:
        """Whether a run and the machine are shown, too: right of the menu, or below it."""
        return self.size.width >= _COLUMNS and self.size.height >= _TALL

    def _entries(self) -> list[Entry]:
        below = _BELOW if self._room_beside() and self.size.width < _BESIDE else 0
        return menu(self._facts, self.size.height - below)

    def on_resize(self) -> None:
        for rows in self.query(RowList):
            rows.show(self._entries(), same=lambda entry: entry.identity)
        self.call_after_refresh(self._tell)

    def _draw(self, entry: Entry, cells: int, selected: bool) -> Text:
        if not entry.action:
            if entry.columns:
                from tui.home_rows import heading

                return heading(self, self._facts.lines, entry.title, cells)
            style = ink(self, "ash", bold=bool(entry.title))
            return Text(f"   {entry.title or entry.note}", style)
        ember = ink(self, "ember", bold=True)
        text = Text().append(f" {sign('next')} " if selected else "   ", ember)
        if entry.run is not None:
            from tui.home_rows import in_columns, in_words

            line = self._line_of(entry.run)
            if line is not None and entry.action == "open":
                return in_columns(self, self._facts.lines, line, cells, selected)
            text.append(fit(entry.key, 3 if entry.key else 0), ember)
            return text.append_text(in_words(self, entry.run, cells - width(text.plain)))
        text.append(fit(entry.key, 3), ember)
        column = min(48, cells * 6 // 10, cells - width(f"{text.plain}  {entry.note}"))
        text.append(fit(entry.title, max(column, width(entry.title))))
        return text.append(f"  {entry.note}", ink(self, "ash"))

    async def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        entry: Entry = message.row
        if entry.run is not None:
            self._open(entry.run.run)
        elif entry.served is not None:
            from tui.screens.serving import ServingScreen

            self.app.push_screen(ServingScreen(entry.served.serving))
        elif entry.job is not None:
            from tui.screens.running_job import RunningJobScreen

            self.app.push_screen(RunningJobScreen(entry.job.record))
        else:
            await self.run_action(entry.action)

    def _open(self, run: Run) -> None:
        self.danlu.show_run(run)

    def action_attach(self) -> None:
        if self._facts.running:
            self._open(self._facts.running[0].run)

    async def action_quick(self) -> None:
        from engine.recipes import find_recipe
        from tui.wizard import start_recipe

        recipe = await asyncio.to_thread(find_recipe, "identity")
        start_recipe(self.danlu, recipe)

    def action_own(self) -> None:
        from tui.wizard import start_wizard

        start_wizard(self.danlu)

    def action_recipes(self) -> None:
        from tui.screens.recipes import RecipesScreen

        self.app.push_screen(RecipesScreen())

    def action_runs(self) -> None:
        from tui.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen())

    def action_chat(self) -> None:
        from tui.screens.chat_picker import ChatPicker

        self.app.push_screen(ChatPicker())

    def action_evaluate(self) -> None:
        from tui.screens.evaluate_picker import EvaluatePicker

        self.app.push_screen(EvaluatePicker())

    def action_export(self) -> None:
        from tui.screens.export_picker import ExportPicker

        self.app.push_screen(ExportPicker())

    def action_publish(self) -> None:
        from tui.screens.publish_picker import PublishPicker

        self.app.push_screen(PublishPicker())

    def action_jobs(self) -> None:
        from tui.screens.jobs import JobsScreen

        self.app.push_screen(JobsScreen())

    def action_doctor(self) -> None:
        from tui.screens.doctor import DoctorScreen

        self.app.push_screen(DoctorScreen())

    def action_settings(self) -> None:
        from tui.screens.settings import SettingsScreen

        self.app.push_screen(SettingsScreen())

    async def action_quit(self) -> None:
        await self.app.action_quit()
