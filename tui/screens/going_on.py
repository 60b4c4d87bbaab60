"""Training a run on: from where it stood, or to more epochs. That its rows are those it was trained
on is looked at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.runs.store import Run
from tui.screens.ask import AskScreen
from tui.screens.confirm import ConfirmScreen
from tui.screens.finding import FindingScreen

_MOST_EPOCHS = 10_000


class GoingOn(FindingScreen):
    """Looks at the run in a thread first."""

    # -- as it stood -----------------------------------------------------------------------------

    def go_on(
        self,
        run: Run,
        prepare: Callable[[], Any] = lambda: None,
        then: Callable[[Any], None] = lambda made: None,
    ) -> None:
        """Train ``run`` on. Before, in a thread, ``prepare`` once its rows are seen to be the same;
        where they are not, a key takes them as they are. ``then`` gets what ``prepare`` made."""
        from engine.job import Job
        from engine.train.same_rows import accept_rows, check_same_rows

        def begin(made: Any) -> None:
            then(made)
            self.begin_training(run)

        def as_before() -> Any:
            check_same_rows(run, Job())
            return prepare()

        def anyway() -> Any:
            accept_rows(run, Job())
            return prepare()

        def refused(error: DanluError) -> None:
            from tui.screens.error import ErrorScreen

            takes = ("anyway",) if error.code == "train.data_changed" else ()
            screen = ErrorScreen(error, lambda fix: self.find(anyway, begin), takes)
            self.app.push_screen(screen)

        self.find(as_before, begin, refused)

    def begin_training(self, run: Run) -> None:
        """Train on and show it."""
        try:
            self.danlu.start_training(run, resume=True)
        except DanluError as error:
            self.fail(error)

    # -- more epochs -----------------------------------------------------------------------------

    def ask_epochs(self, run: Run, active: bool) -> None:
        """Ask how many, say what comes of it, then train on; a run that is being trained
        (``active``) is asked to go on without a break."""
        ask = AskScreen(
            lambda: words.t("runs.extend", run=run.name),
            lambda: words.t("runs.extend_about"),
            value="1",
            refuse=_no_epochs,
        )
        self.app.push_screen(ask, lambda text: self._extend(run, active, text))

    def _extend(self, run: Run, active: bool, text: str | None) -> None:
        from engine.runs.extend import extend_run, extension_words, preview_extension

        if not text:
            return
        epochs = float(text)
        if active:
            said = words.t("runs.extend_asked", run=run.name)
            self.find(lambda: extend_run(run, epochs), lambda made: self.notify(said))
            return

        def longer() -> Any:
            return extend_run(run, epochs)

        def ask(extension: Any) -> None:
            screen = ConfirmScreen(
                lambda: words.t("runs.extend_sure", run=run.name),
                lambda: words.said(*extension_words(extension)),
            )
            self.app.push_screen(screen, lambda yes: self.go_on(run, longer) if yes else None)

        self.find(lambda: preview_extension(run, epochs), ask)


def _no_epochs(text: str) -> str:
    """Why ``text`` is no number of epochs."""
    try:
        epochs = float(text)
    except ValueError:
        epochs = 0.0
    return "" if 0 < epochs <= _MOST_EPOCHS else words.t("runs.no_epochs", most=_MOST_EPOCHS)
