"""What every step has: the rail, the keys between steps, and a look at the desk now and then."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from tui.screens.base import DanluScreen
from tui.widgets.key_bar import KeyBar
from tui.widgets.row_list import RowList
from tui.wizard.draft import Draft
from tui.wizard.flow import screen_of
from tui.wizard.rail import StepRail
from tui.wizard.states import step_states
from tui.wizard.steps import STEPS, neighbour

_LOOK_EVERY = 0.25


class StepScreen(DanluScreen):
    """Subclasses name their ``step``, give :meth:`work`, and :meth:`refresh_work` what changes when
    the desk has something new. All state is the draft's."""

    step: ClassVar[str]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "step(1)", "keys.wizard_next", id="wizard.next", priority=False),
        Binding("left", "step(-1)", "keys.wizard_previous", id="wizard.previous"),
        *(
            Binding(str(n), f"go('{step}')", "keys.wizard_go", id=f"wizard.go{n}", show=False)
            for n, step in enumerate(STEPS, start=1)
        ),
    ]

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self._seen: Any = None

    def compose(self) -> ComposeResult:
        yield StepRail(self.step, step_states(self.draft), bool(self.draft.machine.gpus))
        yield Vertical(*self.work(), classes="work")
        yield KeyBar()

    def on_mount(self) -> None:
        # Textual calls this after the subclass's own on_mount, which therefore does not.
        self.draft.at = self.step
        self.draft.visited.add(self.step)
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    def _look(self) -> None:
        """Draw what is new on the desk; while nothing is, this compares two small tuples."""
        state = (self.draft.spec, self.draft.desk.state())
        if state == self._seen or not self.is_current:
            return
        # Noted before it is drawn: what comes to the desk meanwhile is drawn at the next look.
        self._seen = state
        self.refresh_work()
        for rail in self.query(StepRail):
            rail.show(step_states(self.draft))
        self.refresh_bindings()

    def refresh_work(self) -> None:
        """Ask the desk for what this step shows and draw what is there."""

    def look_now(self) -> None:
        """Draw again at once, after a key that changed the draft."""
        self._seen = None
        self._look()

    async def retranslate(self) -> None:
        cursor = self.query_one(RowList).cursor
        await super().retranslate()
        self.look_now()
        rows = self.query_one(RowList)
        rows.focus()
        rows.move_to(cursor)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "step" and isinstance(parameters[0], int):
            return neighbour(self.step, parameters[0]) is not None
        return True

    def action_step(self, by: int) -> None:
        wanted = neighbour(self.step, by)
        if wanted is not None:
            self.action_go(wanted)

    def action_go(self, step: str) -> None:
        """Show another step, remembering this one for escape."""
        if step != self.step:
            self.draft.trail.append(self.step)
            self.app.switch_screen(screen_of(step, self.draft))

    def action_back(self) -> None:
        if self.draft.trail:
            self.app.switch_screen(screen_of(self.draft.trail.pop(), self.draft))
            return
        super().action_back()
