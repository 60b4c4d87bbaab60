"""Going further than a run went: more epochs, a new run from its weights, the mean of several
adapters, and what other programs trained."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from engine import words
from engine.runs.averages import averages_root
from tui.screens.ask import AskScreen
from tui.screens.going_on import GoingOn
from tui.screens.run_tidying import RunTidying


class RunGrowth(RunTidying, GoingOn):  # Textual styles by the first base
    """To make a run longer is one thing, to begin another one from its weights is another: each has
    its own key and says which it is."""

    def action_extend(self) -> None:
        line = self.line
        if line is not None:
            self.ask_epochs(line.run, line.head is not None and line.head.active)

    # -- a new run ---------------------------------------------------------------------------------

    def action_branch(self) -> None:
        if self.line is not None:
            self.branch(self.line.target)

    def branch(self, target: str) -> None:
        """Open the wizard on a new run that begins with the weights of ``target``."""
        from engine.runs.from_weights import spec_from
        from tui.wizard.flow import start_wizard

        self.find(lambda: spec_from(target), lambda spec: start_wizard(self.danlu, spec, at="data"))

    # -- the mean of several ---------------------------------------------------------------------

    def action_average(self) -> None:
        targets = [line.target for line in self.listed.marked.values()]
        place = averages_root() / time.strftime("%m%d-%H%M%S")
        ask = AskScreen(
            lambda: words.t("runs.average", targets=" + ".join(targets)),
            lambda: words.t("runs.average_about"),
            value=str(place),
        )
        self.app.push_screen(ask, lambda text: self._average(targets, text))

    def _average(self, targets: list[str], folder: str | None) -> None:
        if folder:
            self.danlu.start_job(["average", *targets, "--out", str(Path(folder).expanduser())])

    # -- from elsewhere --------------------------------------------------------------------------

    def action_open_path(self) -> None:
        from tui.screens.browse import BrowseScreen

        screen = BrowseScreen(Path.cwd(), words.t("runs.open_about"), "trained")
        self.app.push_screen(screen, self._open_path)

    def _open_path(self, path: Path | None) -> None:
        from engine.chat.target import resolve_target

        if path is not None:
            self.find(lambda: resolve_target(str(path)), lambda found: self._offer(path, found))

    def _offer(self, path: Path, found: Any) -> None:
        from tui.screens.opened import OpenedScreen

        self.app.push_screen(
            OpenedScreen(path, found), lambda what: self.use(what, str(path)) if what else None
        )

    def use(self, what: str, target: str) -> None:
        """Open a screen on a trained model."""
        raise NotImplementedError
