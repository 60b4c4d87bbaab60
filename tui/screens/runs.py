"""All runs on this machine, their checkpoints, exports and averages: look, go on, talk, prove, tidy
up."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from engine import words
from engine.errors import DanluError
from engine.runs.rebuild import rebuild_spec
from engine.runs.rewind import go_back, overtaken_by
from engine.runs.store import folder_bytes
from engine.runs.trash import SetAside
from engine.units import human_bytes
from tui.run_tree import Line
from tui.screens.confirm import ConfirmScreen
from tui.screens.run_growth import RunGrowth
from tui.verifying import show_or_ask, wanted_of

# What can be opened on a trained model: its screen's module and class.
_USES = {
    "chat": ("tui.screens.chat", "ChatScreen"),
    "evaluate": ("tui.screens.evaluate", "EvaluateScreen"),
    "export": ("tui.screens.export", "ExportScreen"),
    "publish": ("tui.screens.publish", "PublishScreen"),
}


class RunsScreen(RunGrowth):
    """Enter opens a run; each key acts on the line under the cursor, or on all that are marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo", "keys.run_undo", id="runs.undo"),
        Binding("equals_sign", "compare", "keys.run_compare", id="runs.compare"),
        Binding("r", "resume", "keys.run_resume", id="runs.resume"),
        Binding("w", "rebuild", "keys.run_rebuild", id="runs.rebuild"),
        Binding("c", "use('chat')", "keys.run_chat", id="runs.chat"),
        Binding("v", "verify", "keys.run_verify", id="runs.verify"),
        Binding("e", "use('evaluate')", "keys.run_evaluate", id="runs.evaluate"),
        Binding("x", "use('export')", "keys.run_export", id="runs.export"),
        Binding("s", "use('serve')", "keys.run_serve", id="runs.serve"),
        Binding("U", "use('publish')", "keys.run_publish", id="runs.publish"),
        Binding("m", "report", "keys.run_report", id="runs.report"),
        Binding("space", "mark", "keys.run_mark", id="runs.mark"),
        Binding("slash", "filter", "keys.filter", id="runs.filter"),
        Binding("t", "sort", "keys.run_sort", id="runs.sort"),
        Binding("D", "delete", "keys.run_delete", id="runs.delete"),
        Binding("P", "prune", "keys.run_prune", id="runs.prune"),
        Binding("p", "pin", "keys.run_pin", id="runs.pin"),
        Binding("b", "best", "keys.run_best", id="runs.best"),
        Binding("plus", "extend", "keys.run_extend", id="runs.extend"),
        Binding("n", "branch", "keys.run_branch", id="runs.branch"),
        Binding("a", "average", "keys.run_average", id="runs.average"),
        Binding("o", "open_path", "keys.run_open_path", id="runs.open_path"),
        Binding("y", "copy", "keys.run_copy", id="runs.copy"),
        Binding("T", "turn", "keys.run_turn", id="runs.turn", show=False),
        Binding("left,h", "fold(True)", "keys.run_fold", id="runs.fold_in", key_display="←→"),
        Binding("right", "fold(False)", "keys.run_fold", id="runs.fold_out", show=False),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key shows where it does something: on this line, or with this many marked."""
        if not self.is_mounted:
            return False
        allowed = _ALLOWED.get(action)
        if isinstance(self.focused, Input):
            return allowed is None and action not in _OFF_WHILE_TYPING
        if allowed is None:
            return True
        if action == "undo":  # also where nothing is left to stand on
            return bool(self.aside)
        line = self.line
        if line is not None and action == "use":
            return _usable(self, line, str(parameters[0]))
        return line is not None and allowed(self, line)

    def foremost(self) -> Sequence[str]:
        """The keys most to the point: back what was deleted, then what the line is for."""
        line = self.line
        if isinstance(self.focused, Input) or line is None:
            return ()
        if self.listed.marked:
            return ("undo", *_OF_SEVERAL)
        return ("undo", *_OF_ONE[line.kind])

    def on_row_list_chosen(self) -> None:
        if self.line is not None and self.line.is_run:
            self.danlu.show_run(self.line.run)
        elif self.line is not None and self.line.can_talk:
            self.action_use("chat")
        else:
            self.action_report()

    def action_use(self, what: str) -> None:
        if what == "serve":
            self._serve([line.target for line in self.chosen()])
        elif self.line is not None:
            self.use(what, self.line.target)

    def action_verify(self) -> None:
        if self.line is not None:
            self.use("verify", self.line.target)

    def use(self, what: str, target: str) -> None:
        """Open what _USES names on ``target``; or verify it, or begin a new run from it."""
        if what == "verify":
            self.find(lambda: wanted_of(target), lambda wanted: show_or_ask(self, wanted))
            return
        if what == "branch":
            self.branch(target)
            return
        if what == "serve":
            self._serve([target])
            return
        module, name = _USES[what]
        screen: Callable[..., Screen[None]] = getattr(importlib.import_module(module), name)
        self.app.push_screen(screen(target=target))

    def _serve(self, targets: Sequence[str]) -> None:
        from tui.screens.serving import ServingScreen

        self.app.push_screen(ServingScreen(targets=targets))

    def action_report(self) -> None:
        line = self.line
        if line is not None and line.exported is not None:
            self._show_export(line)
        elif line is not None and line.is_run:
            from tui.screens.report import ReportScreen

            self.app.push_screen(ReportScreen(line.run))

    def _show_export(self, line: Line) -> None:
        from engine.export.manifest import ExportReport, read_manifest
        from tui.screens.export_report import ExportReportScreen

        facts = read_manifest(Path(line.path))
        if facts:
            self.app.push_screen(ExportReportScreen(ExportReport(Path(line.path), facts)))

    def action_copy(self) -> None:
        if self.line is not None:
            self.app.copy_to_clipboard(self.line.path)
            self.notify(self.line.path, title=words.t("runs.copied"))

    def action_compare(self) -> None:
        from tui.screens.compare import CompareScreen

        lines = self.chosen()
        if len(lines) == 1 and self.line is not None and self.line.identity != lines[0].identity:
            lines.append(self.line)
        if len(lines) == 2:
            self.app.push_screen(CompareScreen(lines[0].target, lines[1].target))
        else:
            self.notify(words.t("runs.two_needed"))

    # -- going on --------------------------------------------------------------------------------

    def action_resume(self) -> None:
        line = self.line
        later = overtaken_by(line.place) if line is not None and line.kept else []
        if line is None:
            return
        if not later:
            self._train_on(line)
            return
        size = sum(folder_bytes(line.run.path / name) for name in later)
        screen = ConfirmScreen(
            lambda: words.t("runs.overtake", checkpoint=line.target),
            lambda: words.t("runs.overtake_why", later=", ".join(later), bytes=human_bytes(size)),
        )
        self.app.push_screen(screen, lambda yes: self._train_on(line) if yes else None)

    def _train_on(self, line: Line) -> None:
        """Train on, from this checkpoint where it is one."""

        def overtaken(made: SetAside | None) -> None:
            self.aside += [made] if made else []

        place = line.place
        self.go_on(line.run, lambda: go_back(place) if line.kept else None, overtaken)

    def action_rebuild(self) -> None:
        line = self.line
        if line is None:
            return
        screen = ConfirmScreen(
            lambda: words.t("runs.rebuild", run=line.found.name),
            lambda: words.t("runs.rebuild_why"),
        )
        self.app.push_screen(screen, lambda yes: self._rebuild(line) if yes else None)

    def _rebuild(self, line: Line) -> None:
        try:
            rebuild_spec(line.run)
        except DanluError as error:
            self.fail(error)
        self.look()


_OFF_WHILE_TYPING = ("filter", "sort", "turn", "open_path")


def _alone(screen: RunsScreen) -> bool:
    return not screen.listed.marked


def _usable(screen: RunsScreen, line: Line, what: str) -> bool:
    """One server may serve all that is marked; anything else is for one alone."""
    if what == "serve":
        return all(each.can(what) for each in screen.chosen())
    return line.can(what) and _alone(screen)


def _comparable(screen: RunsScreen, line: Line) -> bool:
    marked = list(screen.listed.marked.values())
    pair = [*marked, line] if len(marked) == 1 else marked
    return len(pair) == 2 and pair[0].identity != pair[1].identity


# Where an action does something; those not named here always do.
_ALLOWED: dict[str, Callable[[RunsScreen, Line], bool]] = {
    "resume": lambda screen, line: line.can_resume,
    "rebuild": lambda screen, line: line.is_run and line.found.damaged,
    "use": lambda screen, line: True,
    "verify": lambda screen, line: line.can("verify") and _alone(screen),
    "report": lambda screen, line: (line.is_run or line.kind == "export") and _alone(screen),
    "compare": _comparable,
    "extend": lambda screen, line: line.goes_on and line.can_talk and _alone(screen),
    "branch": lambda screen, line: line.can_talk and _alone(screen),
    "average": lambda screen, line: len(screen.listed.marked) > 1,
    "copy": lambda screen, line: True,
    "undo": lambda screen, line: True,
    "pin": lambda screen, line: True,
    "best": lambda screen, line: line.kept is not None and line.kept.there,
    "prune": lambda screen, line: (
        line.in_journal and line.head is not None and line.head.checkpoints > 0
    ),
    "delete": lambda screen, line: True,
    "mark": lambda screen, line: True,
    "fold": lambda screen, line: True,
}

# Which keys stand first on the key line, by what the cursor is on.
_OF_SEVERAL = ("compare", "average", "use('serve')", "delete", "pin", "prune", "mark")
_OF_ONE: dict[str, Sequence[str]] = {
    "run": (
        "rebuild", "choose", "resume", "use('chat')", "verify", "use('evaluate')",
        "use('export')", "extend", "branch", "delete", "prune", "filter", "mark",
    ),
    "checkpoint": (
        "choose", "resume", "use('chat')", "extend", "branch", "verify", "use('evaluate')",
        "use('export')", "best", "pin", "delete", "mark",
    ),
    "export": (
        "choose", "use('chat')", "use('evaluate')", "use('serve')", "use('publish')", "report",
        "delete", "copy", "mark", "pin",
    ),
    "average": (
        "choose", "use('chat')", "verify", "use('evaluate')", "use('export')", "branch",
        "delete", "pin", "mark",
    ),
}  # fmt: skip
