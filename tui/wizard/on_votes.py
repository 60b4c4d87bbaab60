"""From the votes of a blind comparison to a run that learns what was preferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import DanluError
from tui.wizard.draft import Draft
from tui.wizard.flow import open_draft

if TYPE_CHECKING:
    from engine.chat.part import Part
    from engine.chat.votes import Ballot
    from tui.app import DanluApp

_RECIPE = "preference"


def train_on_votes(app: DanluApp, ballot: Ballot, part: Part) -> None:
    """Open the wizard at its rows on the preference recipe: with the votes, beginning with the
    weights of ``part``. What stands in the way is shown."""

    def prepare() -> None:
        try:
            draft = _draft(ballot, part)
        except DanluError as error:
            app.call_from_thread(_fail, app, error)
        else:
            app.call_from_thread(open_draft, app, draft, "data")

    app.run_worker(prepare, thread=True, exit_on_error=False)


def _draft(ballot: Ballot, part: Part) -> Draft:
    from engine.recipes import find_recipe, load_recipe
    from engine.runs.from_weights import spec_from

    rows = [{"source": str(ballot.keep_preferences())}]
    spec = load_recipe(_RECIPE).with_values({"data.train": rows})
    return Draft(spec_from(str(part.adapter or part.model.source), spec), find_recipe(_RECIPE))


def _fail(app: DanluApp, error: DanluError) -> None:
    from tui.screens.error import ErrorScreen

    app.push_screen(ErrorScreen(error))
