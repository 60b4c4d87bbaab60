"""Keeping and throwing away: pin, mark the best, delete, prune; undo until the screen is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.message import Message

from engine import words
from engine.errors import DanluError
from engine.runs.layout import checkpoint_step
from engine.runs.made import strange_files
from engine.runs.marks import choose_best, pin
from engine.runs.prune import PruneRule, plan_prune, prune
from engine.runs.store import Run
from engine.runs.trash import (
    SetAside,
    bring_back,
    left_behind,
    remove,
    set_aside,
    set_aside_folder,
    set_aside_run,
    sweep,
)
from engine.units import human_bytes
from tui.run_tree import Line
from tui.screens.confirm import ConfirmScreen
from tui.screens.run_browser import RunBrowser

_NAMED = 4  # of what is marked, so many are named in a question


class RunTidying(RunBrowser):
    """What is deleted or pruned is set aside, and deleted for good when the screen is left. What a
    danlu that ended unexpectedly left set aside is asked about first."""

    class Tidied(Message):
        """Something was set aside or brought back; ``error`` says why the rest was not."""

        def __init__(
            self,
            aside: Sequence[SetAside] = (),
            back: SetAside | None = None,
            error: DanluError | None = None,
        ) -> None:
            super().__init__()
            self.aside, self.back, self.error = list(aside), back, error

    class LeftBehind(Message):
        """What an earlier danlu had set aside when it ended."""

        def __init__(self, found: list[SetAside]) -> None:
            super().__init__()
            self.found = found

    def __init__(self) -> None:
        super().__init__()
        self.aside: list[SetAside] = []  # newest last

    def listed_once(self) -> None:
        sweep()
        self.post_message(self.LeftBehind(left_behind()))

    def on_unmount(self) -> None:
        """Leaving is the last word on what was set aside; a lost terminal is not: what was set
        aside then is asked about the next time."""
        if self.aside and not self.danlu.hung_up:
            threading.Thread(target=_remove_all, args=(self.aside,), name="danlu-tidy").start()

    def on_run_tidying_left_behind(self, message: LeftBehind) -> None:
        for batch in message.found:
            self.app.push_screen(_left_question(batch), self._decider(batch))

    def _decider(self, batch: SetAside) -> Callable[[bool | None], None]:
        return lambda yes: self._work(_remover(batch) if yes else _returner(batch))

    # -- pin, best -----------------------------------------------------------------------------

    def action_pin(self) -> None:
        lines = self.chosen()
        on = not all(line.pinned for line in lines)

        def work() -> RunTidying.Tidied:
            for line in lines:
                pin(line.run.path, line.mark, on)
            return RunTidying.Tidied()

        self._work(work)

    def action_best(self) -> None:
        line = self.line
        if line is not None and line.kept is not None:
            run, name = line.run, None if line.kept.chosen else line.kept.name

            def work() -> RunTidying.Tidied:
                choose_best(run.path, name)
                return RunTidying.Tidied()

            self._work(work)

    # -- delete, prune, undo ---------------------------------------------------------------------

    def action_delete(self) -> None:
        lines = self.chosen()
        if not lines:
            return
        gone = _outermost(lines)
        screen = ConfirmScreen(lambda: _delete_question(lines), lambda: _consequence(gone))
        self.app.push_screen(screen, lambda yes: self._work(_deleter(gone)) if yes else None)

    def action_prune(self) -> None:
        from tui.screens.prune import PruneScreen

        runs = {line.found.name: line.run for line in self.chosen()}
        screen = PruneScreen(list(runs.values()))
        self.app.push_screen(screen, lambda rule: self._prune(list(runs.values()), rule))

    def _prune(self, runs: list[Run], rule: PruneRule | None) -> None:
        if rule is not None:
            self._work(_pruner(runs, rule))

    def action_undo(self) -> None:
        if self.aside:
            self._work(_returner(self.aside[-1]))

    def _work(self, do: Callable[[], RunTidying.Tidied]) -> None:
        """Do it in a thread and say what came of it."""
        self.run_worker(
            lambda: self.post_message(do()), thread=True, exit_on_error=False, group="tidy"
        )

    def on_run_tidying_tidied(self, message: Tidied) -> None:
        self.aside += message.aside
        if message.back is not None:
            self.aside = [each for each in self.aside if each != message.back]
            self.notify(words.t("runs.brought_back", names=_names(message.back.names)))
        if message.aside:
            size = human_bytes(sum(each.bytes for each in message.aside))
            self.notify(words.t("runs.set_aside", bytes=size), timeout=8)
            self.listed.marked.clear()
        if message.error is not None:
            self.fail(message.error)
        self.open_again()
        self.look()
        self.show()


def _left_question(batch: SetAside) -> ConfirmScreen:
    return ConfirmScreen(
        lambda: words.t("runs.left_behind", names=_names(batch.names), run=batch.run),
        lambda: words.t("runs.left_behind_why", bytes=human_bytes(batch.bytes)),
    )


def _delete_question(lines: list[Line]) -> str:
    if len(lines) == 1:
        return words.t(f"runs.delete_{lines[0].kind}", name=lines[0].label)
    names = _names([line.label for line in lines])
    return words.t("runs.delete_marked", count=len(lines), names=names)


def _consequence(lines: list[Line]) -> str:
    """What deleting ``lines`` frees, and what of it one might not have thought of."""
    size = human_bytes(sum(line.bytes for line in lines))
    said = [words.t("runs.delete_undo", bytes=size)]
    pinned = sum(line.pinned for line in lines)
    said += [words.t("runs.delete_pinned", count=pinned)] if pinned else []
    exports = [line.exported.folder for line in lines if line.exported is not None]
    strange = [name for folder in exports for name in strange_files(folder)]
    said += [words.t("runs.delete_strange", names=_names(strange))] if strange else []
    return words.sentences(*said)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return f"{shown} +{len(names) - _NAMED}" if len(names) > _NAMED else shown


def _outermost(lines: list[Line]) -> list[Line]:
    """Without the checkpoints of runs that are among them. Exports lie elsewhere."""
    whole = {line.found.name for line in lines if line.is_run}
    return [line for line in lines if line.kept is None or line.found.name not in whole]


def _deleter(lines: list[Line]) -> Callable[[], RunTidying.Tidied]:
    def delete() -> RunTidying.Tidied:
        made: list[SetAside] = []
        by_run: dict[str, list[Line]] = {}
        for line in lines:
            if line.in_journal:
                by_run.setdefault(line.found.name, []).append(line)
        try:
            for line in lines:
                if not line.in_journal:
                    made.append(set_aside_folder(Path(line.path), Path(line.found.path).name))
            for group in by_run.values():
                run, names = group[0].run, [line.kept.name for line in group if line.kept]
                made.append(set_aside(run, _by_step(names)) if names else set_aside_run(run))
        except DanluError as error:
            return RunTidying.Tidied(made, error=error)
        except OSError as error:
            reason = error.strerror or str(error)
            return RunTidying.Tidied(made, error=DanluError("run.cannot_move", reason=reason))
        return RunTidying.Tidied(made)

    return delete


def _by_step(names: list[str]) -> list[str]:
    return sorted(names, key=checkpoint_step)


def _pruner(runs: list[Run], rule: PruneRule) -> Callable[[], RunTidying.Tidied]:
    def work() -> RunTidying.Tidied:
        made: list[SetAside] = []
        try:
            for run in runs:
                if run.last_checkpoint() is not None:
                    plan = plan_prune(run, rule)
                    made += [prune(plan)] if plan.drop else []
        except DanluError as error:
            return RunTidying.Tidied(made, error=error)
        return RunTidying.Tidied(made)

    return work


def _returner(batch: SetAside) -> Callable[[], RunTidying.Tidied]:
    def work() -> RunTidying.Tidied:
        try:
            bring_back(batch)
        except DanluError as error:
            return RunTidying.Tidied(error=error)
        return RunTidying.Tidied(back=batch)

    return work


def _remover(batch: SetAside) -> Callable[[], RunTidying.Tidied]:
    def work() -> RunTidying.Tidied:
        remove(batch)
        return RunTidying.Tidied()

    return work


def _remove_all(batches: list[SetAside]) -> None:
    for batch in batches:
        remove(batch)
