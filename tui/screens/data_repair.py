"""What repairing a source would change, row by row; on a key it is written to a new file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.data.repair_place import place_for, plain_source, repaired_source
from engine.job import Job
from engine.spec.run_spec import plain
from tui.cells import fit
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.job_bar import JobBar
from tui.widgets.row_list import RowList
from tui.wizard import findings
from tui.wizard.desk import Task
from tui.wizard.draft import Draft
from tui.wizard.names import source_name
from tui.wizard.repairing import Written, write_repaired
from tui.wrap import wrap

if TYPE_CHECKING:
    from engine.data.repair import Repair

_LOOK_EVERY = 0.2
_TONES = {"-": "cinnabar", "+": "jade", "": "ash"}
Line = tuple[str, str]
"""A sign (- before, + after, none: a heading) and a text."""


class DataRepairScreen(DanluScreen):
    """Counts by kind above, the diff of the first rows below. The original is never changed."""

    title_key = "wizard_data.repair_title"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "write", "keys.repair_write", id="repair.write"),
    ]
    DEFAULT_CSS = """
    DataRepairScreen .about { height: auto; padding: 0 1; margin-bottom: 1; }
    DataRepairScreen RowList { height: 1fr; }
    """

    def __init__(self, draft: Draft, index: int) -> None:
        super().__init__()
        self.draft = draft
        self._index = index
        self._source = draft.spec.data.train[index]
        self._seen: Any = None
        self._writing: Task[Written] | None = None

    def work(self) -> list[Widget]:
        diff = RowList(self._draw, [], enter="", id="diff")
        return [Static("", classes="about", markup=False), diff, JobBar()]

    def on_mount(self) -> None:
        self.query_one(RowList).focus()
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    def on_resize(self) -> None:
        self._seen = None

    async def retranslate(self) -> None:
        await super().retranslate()
        self.query_one(RowList).focus()
        self._seen = None
        self._look()

    def _ask_plan(self) -> Task[Repair]:
        fill, stage = self.draft.spec.data.fill, self.draft.spec.method.stage
        source = plain_source(self._source)

        def plan(job: Job) -> Repair:
            from engine.data.repair import plan_repair

            return plan_repair(source, stage=stage, fill=fill, job=job)

        return self.draft.desk.ask("repair", repr((source, fill)), plan)

    def _look(self) -> None:
        if not self.is_current:
            return
        if self._writing is not None and self._writing.done:
            self._written(self._writing)
            return
        plan = self._ask_plan()
        state = (plan.done, self.size.width)
        running = self._writing or (None if plan.done else plan)
        self.query_one(JobBar).show(running.job if running else None)
        if state == self._seen:
            return
        self._seen = state
        if plan.error is not None:
            self._say([plan.error.what, plan.error.why])
        elif plan.result is not None:
            self._tell(plan.result)
        self.refresh_bindings()

    def _tell(self, made: Repair) -> None:
        name = source_name(self._source.source)
        if not made.needed:
            self._say([words.t("repair.none", source=name)])
            return
        counts = [
            f"{words.t(f'repair.kind.{kind}')} {sign('dot')} {count}"
            for kind, count in made.kinds.most_common()
        ]
        planned = words.t("repair.planned", changed=made.changed, rows=made.rows)
        lines = [f"{name}: {planned}", "   ".join(counts)]
        if made.left_out:
            reasons = ", ".join(
                f"{_title(code)} {sign('dot')} {count}" for code, count in made.left_out.items()
            )
            lines.append(words.t("repair.left_out", reasons=reasons))
        self._say(lines)
        self.query_one(RowList).show(list(self._lines(made)))

    def _lines(self, made: Repair) -> list[Line]:
        cells = max(20, self.size.width - 8)
        lines: list[Line] = []
        for change in made.changes:
            kinds = ", ".join(words.t(f"repair.kind.{kind}") for kind in change.kinds)
            lines.append(("", f"{Path(change.file).name}:{change.line}  {kinds}"))
            for line in change.lines:
                lines += [(line.sign, part) for part in wrap(line.text, cells) or [""]]
        more = made.changed - len(made.changes)
        return [*lines, ("", words.t("repair.more", count=more))] if more > 0 else lines

    def _say(self, lines: list[str]) -> None:
        self.query_one(".about", Static).update("\n".join(lines))

    def _draw(self, line: Line, cells: int, selected: bool) -> Text:
        mark, text = line
        if not mark:
            return Text(fit(text, cells), ink(self, "foreground", bold=True))
        return Text(fit(f"  {mark} {text}", cells), ink(self, _TONES[mark]))

    # Writing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "write":
            plan = self.draft.desk.find("repair")
            made = plan.result if plan is not None else None
            return self._writing is None and made is not None and made.needed and made.written > 0
        return super().check_action(action, parameters)

    def action_write(self) -> None:
        """Ask for the name of the new file and write it."""
        question = AskScreen(
            lambda: words.t("wizard_data.repair_out"),
            lambda: words.t("wizard_data.repair_about"),
            value=str(_free_name(place_for(self._source, self._folder()))),
            refuse=_taken,
        )
        self.app.push_screen(question, self._write)

    def _folder(self) -> Path:
        """Where a file of a hub's rows goes: where files were last taken from."""
        return Path(self.draft.places.get("data_folder", Path.cwd()))

    def _write(self, text: str | None) -> None:
        if not text:
            return
        out = Path(text).expanduser()
        write = partial(write_repaired, self.draft, self._source, out)
        self.draft.desk.forget("repair_write")
        self._writing = self.draft.desk.ask("repair_write", str(out), write, lasts=True)
        self.refresh_bindings()

    def _written(self, task: Task[Written]) -> None:
        """Take the new file in the old one's place in this run, and go back."""
        self._writing = None
        if task.error is not None:
            self.fail(task.error)
        if task.result is None:
            self.refresh_bindings()
            return
        sources = list(self.draft.spec.data.train)
        sources[self._index] = repaired_source(self._source, task.result.out)
        self.draft.change({"data.train": plain(sources)})
        findings.ask_check(self.draft)
        name, rows = task.result.out.name, task.result.rows
        self.app.notify(words.t("wizard_data.repair_done", name=name, rows=rows))
        self.app.pop_screen()


def _title(code: str) -> str:
    key = f"finding.{code}.title"
    return words.t(key) if words.has(key) else code


def _free_name(path: Path) -> Path:
    """Beside the original, a name that is not taken."""
    ending = path.suffix if path.suffix.lower() in (".jsonl", ".json", ".csv", ".tsv") else ".jsonl"
    stem = path.name.removesuffix(path.suffix)
    names = [f"{stem}.repaired{number}{ending}" for number in ("", *range(2, 100))]
    return next((path.with_name(n) for n in names if not path.with_name(n).exists()), path)


def _taken(text: str) -> str:
    return words.t("wizard_data.repair_taken") if Path(text).expanduser().exists() else ""
