"""What can be done with a run once it has ended: go on, mend it, talk, prove, report."""

from __future__ import annotations

from engine.errors import DanluError
from engine.runs.store import Run
from tui.run_model import RunModel
from tui.screens.base import DanluScreen
from tui.trouble import Change, Trouble, trouble_of

_RESUMABLE = ("interrupted", "stopped", "failed")


class RunUses(DanluScreen):
    """``model`` is what is known of ``run`` now. Subclasses bind the keys."""

    def __init__(self, run: Run, model: RunModel) -> None:
        super().__init__()
        self.run = run
        self.model = model

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        model = self.model
        match action:
            case "resume_run":
                return model.status in _RESUMABLE and bool(model.summary.checkpoints)
            case "chat" | "verify":
                return model.ended and bool(model.summary.checkpoints)
            case "report":
                return model.ended
            case "fix":
                return model.status == "failed" and self._trouble().can_apply
        return super().check_action(action, parameters)

    def action_resume_run(self) -> None:
        app = self.danlu
        app.pop_screen()
        try:
            app.start_training(self.run, resume=True)
        except DanluError as error:
            from tui.screens.error import ErrorScreen

            app.show_run(self.run)
            app.push_screen(ErrorScreen(error))

    def action_chat(self) -> None:
        from tui.screens.chat import ChatScreen

        self.app.push_screen(ChatScreen(self._newest_checkpoint()))

    def action_verify(self) -> None:
        self.danlu.start_job(["verify", self._newest_checkpoint()])

    def _trouble(self) -> Trouble:
        """What it failed of."""
        return trouble_of(self.model.summary.error or {"kind": "error"})

    def action_fix(self) -> None:
        """Choose a way out; the same run with its changed settings then stands in Review."""
        from tui.screens.ways_out import WaysOutScreen

        self.app.push_screen(WaysOutScreen(self._trouble()), self._review_with)

    def _review_with(self, change: Change | None) -> None:
        from tui.wizard.again import review_again

        if change is None:
            return
        try:
            review_again(self.danlu, self.run, change)
        except DanluError as error:
            self.fail(error)

    def action_report(self) -> None:
        from tui.screens.report import ReportScreen

        self.app.push_screen(ReportScreen(self.run))

    def _newest_checkpoint(self) -> str:
        newest = max(self.model.summary.checkpoints, key=lambda checkpoint: checkpoint.step)
        return str(self.run.path / newest.path)
