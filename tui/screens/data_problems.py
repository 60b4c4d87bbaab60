"""What the check found in the rows: each kind once, with its reason, its keys and its places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from engine import words
from engine.data.column_option import show_columns
from engine.data.repair_place import can_repair
from engine.data.report import place_name
from engine.job import Job
from engine.spec.run_spec import plain
from engine.units import human_count
from tui.cells import fit, right, width
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.prose import Prose
from tui.widgets.row_list import RowList
from tui.wizard import findings
from tui.wizard.draft import Draft

if TYPE_CHECKING:
    from engine.data.report import Report

_TONES = {"error": ("no", "cinnabar"), "warning": ("warn", "gold"), "info": ("dot", "ash")}
_LOOK_EVERY = 0.25


class DataProblemsScreen(DanluScreen):
    """The groups above; below, the one under the cursor in full. What can be done about it is a
    key away: the row itself, a value for a placeholder, a repair into a new file."""

    title_key = "wizard_data.problems_title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "row", "keys.problem_row", id="problem.row"),
        Binding("w", "repair", "keys.problem_repair", id="problem.repair"),
    ]
    DEFAULT_CSS = """
    DataProblemsScreen RowList { height: auto; max-height: 45%; }
    DataProblemsScreen .detail { height: 1fr; padding: 1 1 0 1; }
    DataProblemsScreen Prose { height: auto; margin-bottom: 1; }
    """

    def __init__(self, draft: Draft, report: Report) -> None:
        super().__init__()
        self.draft = draft
        self._report = report

    def work(self) -> list[Widget]:
        detail = Vertical(
            Prose("", "", id="message"),
            Prose(f"{sign('next')} ", "", id="fix"),
            Prose("", "", id="places"),
            Prose("", "", id="excerpt"),
            classes="detail",
        )
        return [RowList(self._draw, self._groups(), enter="keys.problem_mend", id="groups"), detail]

    def _groups(self) -> list[dict[str, Any]]:
        """The worst first; grouped again at each drawing, for the messages are in the language in
        use."""
        trained = [
            {**group, "index": index}
            for index, source in enumerate(self._report.sources)
            for group in source.groups()
        ]
        held = [{**group, "index": -1} for source in self._report.held for group in source.groups()]
        return sorted([*trained, *held], key=lambda group: list(_TONES).index(group["severity"]))

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.focus()
        self._tell(rows.current)
        self.set_interval(_LOOK_EVERY, self._look)

    async def retranslate(self) -> None:
        cursor = self.query_one(RowList).cursor
        await super().retranslate()
        rows = self.query_one(RowList)
        rows.focus()
        rows.move_to(cursor)
        self._tell(rows.current)

    def _look(self) -> None:
        """Show a newer check, made since something was mended."""
        if not self.is_current:
            return
        self._quote()
        report = findings.report(self.draft)
        findings.ask_check(self.draft)
        if report is None or report is self._report:
            return
        self._report = report
        rows = self.query_one(RowList)
        rows.show(self._groups(), same=lambda group: (group["code"], group["pointer"]))
        self._tell(rows.current)

    def _draw(self, group: dict[str, Any], cells: int, selected: bool) -> Text:
        mark, tone = _TONES[group["severity"]]
        line = Text().append(
            f"{sign('next')} " if selected else "  ", ink(self, "ember", bold=True)
        )
        line.append(f"{sign(mark)} ", ink(self, tone, bold=True))
        line.append(right(human_count(group["count"]), 6) + "  ", ink(self, tone))
        place = place_name({**group, "pointer": ""}, short=True)
        # Wide enough for the message where both cannot be whole: the place is told below, too.
        told = min(width(place), max(cells // 3, cells - 14 - width(group["message"])))
        room = cells - 12 - told - 2
        line.append(fit(group["message"], room) + "  ")
        shown = fit(place, told).rstrip()
        return line.append(right(shown, told), ink(self, "ash"))

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self._tell(event.row)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        self.action_mend()

    def _tell(self, group: dict[str, Any] | None) -> None:
        """The group under the cursor; nothing where nothing is left."""
        self.refresh_bindings()
        if group is None:
            for prose in self.query(Prose):
                prose.say("")
            self.query_one("#message", Prose).say(words.t("wizard_data.no_problems"))
            return
        self.query_one("#message", Prose).say(group["message"])
        self.query_one("#fix", Prose).say(self._way(group))
        places = [place_name(place, short=True) for place in group["places"]]
        more = group["count"] - len(places)
        shown = "   ".join(places) + (f"  +{more}" if more > 0 else "")
        self.query_one("#places", Prose).say(words.t("wizard_data.places", places=shown))
        self._quote()

    def _quote(self) -> None:
        """The words of the file at the first place, once they are read."""
        group = self.query_one(RowList).current
        told = self.query_one("#excerpt", Prose)
        if group is None or not group["line"]:
            told.say("")
            return
        file, line, column = group["file"], group["line"], group["values"].get("column", 1)

        def look(job: Job) -> str:
            from engine.data.excerpt import excerpt

            return excerpt(file, line, column, job)

        task = self.draft.desk.ask("excerpt", (file, line, column), look)
        told.say(task.result or "")

    def _way(self, group: dict[str, Any]) -> str:
        """The way out by keys of this screen, where there is one; else what to do in words."""
        proposal = self._proposal(group)
        if proposal is not None:
            return words.t("wizard_data.way_columns", columns=show_columns(*proposal))
        own = f"finding.{group['code']}.wizard"
        said = words.t(own) if words.has(own) else group["fix"]
        if self._mendable(group) and not words.has(own):
            return words.sentences(said, words.t("wizard_data.way_repair"))
        return said

    def _proposal(self, group: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]] | None:
        """Columns and roles danlu proposes for the source, where this is about those."""
        named = group["code"] in ("unknown_columns", "roles_unnamed", "unknown_role")
        return findings.proposals(self.draft).get(group["index"]) if named else None

    def _mendable(self, group: dict[str, Any]) -> bool:
        return bool(group["repairable"]) and self._can_repair(group)

    def _can_repair(self, group: dict[str, Any]) -> bool:
        train, index = self.draft.spec.data.train, group["index"]
        if not 0 <= index < len(train):
            return False
        read = findings.is_local(train[index]) or self._report.sources[index].rows > 0
        return read and can_repair(train[index])

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in ("row", "repair"):
            return super().check_action(action, parameters)
        group = next((rows.current for rows in self.query(RowList)), None)
        if group is None:
            return False
        if action == "repair":
            return self._can_repair(group)
        return group["severity"] != "error" and group["row"] > 0 and group["index"] >= 0

    def action_mend(self) -> None:
        """What is most to the point: a value for a placeholder, a repair, a look at the row."""
        group = self.query_one(RowList).current
        if group is None:
            return
        proposal = self._proposal(group)
        if proposal is not None:
            columns, tags = proposal
            sources = list(self.draft.spec.data.train)
            source = sources[group["index"]]
            sources[group["index"]] = replace(source, columns=columns or None, tags=tags or None)
            self.draft.change({"data.train": plain(sources)})
            findings.ask_check(self.draft)
        elif group["code"] == "unfilled_placeholder":
            self._fill(group)
        elif self._mendable(group):
            self.action_repair()
        elif group["severity"] == "error":
            place = place_name(group, short=True)
            self.app.notify(words.t("wizard_data.by_hand", place=place))
        elif self.check_action("row", ()):
            self.action_row()

    def _fill(self, group: dict[str, Any]) -> None:
        name = str(group["values"]["name"])
        question = AskScreen(
            words.t("wizard_data.fill", name=f"{{{{{name}}}}}"),
            words.t("wizard_data.fill_about"),
            value=self.draft.spec.data.fill.get(name, ""),
            refuse=lambda text: "" if text else words.t("wizard_data.fill_needed"),
        )

        def filled(text: str | None) -> None:
            if text:
                fill = {**self.draft.spec.data.fill, name: text}
                self.draft.change({"data.fill": fill})
                findings.ask_check(self.draft)

        self.app.push_screen(question, filled)

    def action_row(self) -> None:
        """The first row concerned, as the model will see it."""
        from tui.screens.rows import RowsScreen

        group = self.query_one(RowList).current
        if group is not None:
            self.app.push_screen(RowsScreen(self.draft, at=(group["file"], group["row"])))

    def action_repair(self) -> None:
        """Everything that can be repaired safely in this source, as a diff, then in a new file."""
        from tui.screens.data_repair import DataRepairScreen

        group = self.query_one(RowList).current
        if group is not None and self._can_repair(group):
            self.app.push_screen(DataRepairScreen(self.draft, group["index"]))
