"""What can be done with a run once it has ended: go on, mend it, talk, prove, report."""

from __future__ import annotations

from pathlib import Path

from engine.errors import DanluError
from engine.home import runs_root
from engine.runs.store import Run
from tui.run_model import RunModel
from tui.screens.going_on import GoingOn
from tui.trouble import Trouble, trouble_of
from tui.verifying import show_or_ask, wanted_of
from tui.ways_on import Way, ways_on

_RESUMABLE = ("interrupted", "stopped", "failed")


class RunUses(GoingOn):
    """``model`` is what is known of ``run`` now. Subclasses bind the keys."""

    def __init__(self, run: Run, model: RunModel) -> None:
        super().__init__()
        self.run = run
        self.model = model
        self._ways_known: list[Way] | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        model = self.model
        match action:
            case "resume_run":
                return model.status in _RESUMABLE and bool(model.summary.checkpoints)
            case "chat" | "verify" | "measure" | "export":
                return model.ended and bool(model.summary.checkpoints)
            case "report":
                return model.ended
            case "extend":
                return self.can_extend
            case "fix":
                return model.status == "failed" and bool(self._ways())
        return super().check_action(action, parameters)

    @property
    def can_extend(self) -> bool:
        """Whether it went as far as it was to go, and can go further."""
        return self.model.status in ("finished", "stopped") and bool(self.model.summary.checkpoints)

    def action_resume_run(self) -> None:
        self.go_on(self.run)

    def action_extend(self) -> None:
        self.ask_epochs(self.run, active=False)

    def begin_training(self, run: Run) -> None:
        """In the place of this screen: what is trained on is shown on its own."""
        app = self.danlu
        app.pop_screen()
        try:
            app.start_training(run, resume=True)
        except DanluError as error:
            from tui.screens.error import ErrorScreen

            app.show_run(self.run)
            app.push_screen(ErrorScreen(error))

    def action_chat(self) -> None:
        from tui.screens.chat import ChatScreen

        self.app.push_screen(ChatScreen(self._newest_checkpoint()))

    def action_verify(self) -> None:
        target = self._newest_by_name()
        self.find(lambda: wanted_of(target), lambda wanted: show_or_ask(self, wanted))

    def action_measure(self) -> None:
        """Figures on rows it was not trained on."""
        from tui.screens.evaluate import EvaluateScreen

        self.app.push_screen(EvaluateScreen(self._newest_by_name()))

    def action_export(self) -> None:
        from tui.screens.export import ExportScreen

        self.app.push_screen(ExportScreen(self._newest_by_name()))

    def _trouble(self) -> Trouble:
        """What it failed of."""
        return trouble_of(self.model.summary.error or {"kind": "error"})

    def _ways(self) -> list[Way]:
        """Looked for once: asked for at every key, and a run that failed stays as it is."""
        if self._ways_known is None:
            self._ways_known = ways_on(self.run, self._trouble())
        return self._ways_known

    def action_fix(self) -> None:
        """Choose a way out: this run goes on, or one with changed settings stands in Review."""
        from tui.screens.ways_out import WaysOutScreen

        self.app.push_screen(WaysOutScreen(self._trouble(), self._ways()), self._take_way)

    def _take_way(self, way: Way | None) -> None:
        from tui.wizard.again import review_again

        if way is None:
            return
        if way.step is not None:
            self.go_on(self.run, lambda: way.prepare(self.run))
            return
        try:
            review_again(self.danlu, self.run, way.change)
        except DanluError as error:
            self.fail(error)

    def action_report(self) -> None:
        from tui.screens.report import ReportScreen

        self.app.push_screen(ReportScreen(self.run))

    def _newest_checkpoint(self) -> str:
        newest = max(self.model.summary.checkpoints, key=lambda checkpoint: checkpoint.step)
        return str(self.run.path / newest.path)

    def _newest_by_name(self) -> str:
        """The same as a person names it; by its path where the run is not among danlu's."""
        place = Path(self._newest_checkpoint())
        known = self.run.path == runs_root() / self.run.name
        return f"{self.run.name}/{place.name}" if known else str(place)
