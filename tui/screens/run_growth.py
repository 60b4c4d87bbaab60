"""Going further than a run went: more epochs, a new run from its weights, the mean of several
adapters, and what other programs trained."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.runs.averages import averages_root
from tui.run_details import base_words
from tui.screens.ask import AskScreen
from tui.screens.going_on import GoingOn
from tui.screens.run_tidying import RunTidying

_WITHOUT_BASE = ("chat.base_missing", "chat.base_unknown")


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
            self.find(
                lambda: resolve_target(str(path)),
                lambda found: self._offer(path, found),
                lambda error: self._not_opened(path, error),
            )

    def _not_opened(self, path: Path, error: DanluError) -> None:
        if error.code in _WITHOUT_BASE:
            self._ask_base(path, Path(str(error.values["adapter"])), error.what)
        else:
            self.fail(error)

    def _offer(self, path: Path, found: Any) -> None:
        from tui.screens.opened import OpenedScreen

        def take(what: str | None) -> None:
            if what == "base":
                self._ask_base(path, found.adapter, base_words(found.base.source))
            elif what:
                self.use(what, str(path))

        self.app.push_screen(OpenedScreen(path, found), take)

    def _ask_base(self, path: Path, adapter: Path, told: str) -> None:
        """Let the person name the model below an adapter; that is remembered."""
        from engine.chat.named_bases import can_be_base, name_base

        def take(text: str | None) -> None:
            if text:
                self.find(lambda: name_base(adapter, text), lambda _: self._open_path(path))

        ask = AskScreen(
            lambda: words.t("runs.name_base", adapter=adapter.name),
            lambda: words.sentences(words.t("runs.name_base_about"), told),
            refuse=lambda text: "" if can_be_base(text) else words.t("runs.no_base"),
        )
        self.app.push_screen(ask, take)

    def use(self, what: str, target: str) -> None:
        """Open a screen on a trained model."""
        raise NotImplementedError
