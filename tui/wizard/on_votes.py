"""From the votes of a blind comparison to a run that learns what was preferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.wizard.draft import Draft

if TYPE_CHECKING:
    from engine.chat.part import Part
    from engine.chat.votes import Ballot

_RECIPE = "preference"


def draft_on_votes(ballot: Ballot, part: Part) -> Draft:
    """A draft on the preference recipe: with the votes as its rows, beginning with the weights of
    ``part``. Writes the votes to a file; call it in a thread. Raises DanluError for what stands in
    the way."""
    from engine.recipes import find_recipe, load_recipe
    from engine.runs.from_weights import spec_from

    rows = [{"source": str(ballot.keep_preferences())}]
    spec = load_recipe(_RECIPE).with_values({"data.train": rows})
    return Draft(spec_from(str(part.adapter or part.model.source), spec), find_recipe(_RECIPE))
