"""Going further than a run went: more epochs, a new run from its weights, the mean of several
adapters, and what other programs trained."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.message import Message

from engine import words
from engine.errors import DanluError
from engine.home import home
from engine.runs.store import Run
from tui.run_tree import Line
from tui.screens.ask import AskScreen
from tui.screens.confirm import ConfirmScreen
from tui.screens.run_tidying import RunTidying

_MOST_EPOCHS = 10_000


class RunGrowth(RunTidying):
    """To make a run longer is one thing, to begin another one from its weights is another: each has
    its own key and says which it is."""

    class Done(Message):
        """What was worked out in a thread is there, or ``error`` says why not."""

        def __init__(
            self, then: Callable[[Any], None], made: Any = None, error: DanluError | None = None
        ) -> None:
            super().__init__()
            self.then, self.made, self.error = then, made, error

    def _find(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Work in a thread, then go on with what it made."""

        def find() -> None:
            try:
                self.post_message(self.Done(then, work()))
            except DanluError as error:
                self.post_message(self.Done(then, error=error))

        self.run_worker(find, thread=True, exit_on_error=False, group="growth")

    def on_run_growth_done(self, message: Done) -> None:
        if message.error is not None:
            self.fail(message.error)
        else:
            message.then(message.made)

    # -- more epochs -------------------------------------------------------------------------------

    def action_extend(self) -> None:
        line = self.line
        if line is None:
            return
        about = words.t("runs.extend_about")
        ask = AskScreen(
            words.t("runs.extend", run=line.found.name), about, value="1", refuse=_no_epochs
        )
        self.app.push_screen(ask, lambda text: self._extend(line, text))

    def _extend(self, line: Line, text: str | None) -> None:
        """Say what comes of it, then ask. A run that is being trained is asked at once."""
        from engine.runs.extend import extend_run, extension_words, preview_extension

        if not text:
            return
        run, epochs = line.run, float(text)
        if line.head is not None and line.head.active:
            self._find(lambda: extend_run(run, epochs), lambda made: self._asked(line))
            return

        def ask(extension: Any) -> None:
            told = words.said(*extension_words(extension))
            screen = ConfirmScreen(words.t("runs.extend_sure", run=run.name), told)
            self.app.push_screen(screen, lambda yes: self._longer(run, epochs) if yes else None)

        self._find(lambda: preview_extension(run, epochs), ask)

    def _longer(self, run: Run, epochs: float) -> None:
        from engine.runs.extend import extend_run

        self._find(lambda: extend_run(run, epochs), lambda made: self._train(run))

    def _asked(self, line: Line) -> None:
        self.notify(words.t("runs.extend_asked", run=line.found.name))

    def _train(self, run: Run) -> None:
        try:
            self.danlu.start_training(run, resume=True)
        except DanluError as error:
            self.fail(error)

    # -- a new run ---------------------------------------------------------------------------------

    def action_branch(self) -> None:
        """Open the wizard on a new run that begins with these weights."""
        from engine.runs.from_weights import spec_from
        from tui.wizard.flow import start_wizard

        line = self.line
        if line is not None:
            target = line.target
            self._find(
                lambda: spec_from(target), lambda spec: start_wizard(self.danlu, spec, at="data")
            )

    # -- the mean of several ---------------------------------------------------------------------

    def action_average(self) -> None:
        targets = [line.target for line in self.listed.marked.values()]
        place = home() / "averages" / time.strftime("%m%d-%H%M%S")
        ask = AskScreen(
            words.t("runs.average", targets=" + ".join(targets)),
            words.t("runs.average_about"),
            value=str(place),
        )
        self.app.push_screen(ask, lambda text: self._average(targets, text))

    def _average(self, targets: list[str], folder: str | None) -> None:
        from engine.average.average import average
        from engine.job import Job

        if not folder:
            return

        def offer(made: Any) -> None:
            facts = made.document
            exact = words.t("average.exact") if facts["exact"] else ""
            why = f"{made.folder}\n{exact}".strip()
            screen = ConfirmScreen(words.t("runs.averaged"), why)
            self.app.push_screen(
                screen, lambda yes: self.use("chat", str(made.folder)) if yes else None
            )

        self.notify(words.t("runs.averaging", count=len(targets)))
        self._find(lambda: average(targets, Path(folder), Job()), offer)

    # -- from elsewhere --------------------------------------------------------------------------

    def action_open_path(self) -> None:
        from tui.screens.browse import BrowseScreen

        screen = BrowseScreen(Path.cwd(), words.t("runs.open_about"), "trained")
        self.app.push_screen(screen, self._open_path)

    def _open_path(self, path: Path | None) -> None:
        from engine.chat.target import resolve_target

        if path is not None:
            self._find(lambda: resolve_target(str(path)), lambda found: self._offer(path, found))

    def _offer(self, path: Path, found: Any) -> None:
        from tui.screens.opened import OpenedScreen

        self.app.push_screen(
            OpenedScreen(path, found), lambda what: self.use(what, str(path)) if what else None
        )

    def use(self, what: str, target: str) -> None:
        """Open a screen on a trained model."""
        raise NotImplementedError


def _no_epochs(text: str) -> str:
    """Why ``text`` is no number of epochs."""
    try:
        epochs = float(text)
    except ValueError:
        epochs = 0.0
    return "" if 0 < epochs <= _MOST_EPOCHS else words.t("runs.no_epochs", most=_MOST_EPOCHS)
