"""Serving what the cursor is on, or all that is marked: by the server there is already, else by a
new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine import words

if TYPE_CHECKING:
    from engine.serve.serving import Serving


def serve_targets(targets: Sequence[str]) -> Serving:
    """A server of ``targets`` (without any, of the newest run) for this machine alone. Takes a
    moment; raises DanluError."""
    from engine.serve.backend import choose_backend
    from engine.serve.plan import Plan, what_to_serve
    from engine.serve.serving import servings, start_serving

    model, named = what_to_serve(targets)
    for there in servings():
        plan = there.plan() if there.alive() else None
        if plan is not None and plan.model == model and set(named) <= set(plan.named):
            return there
    choice = choose_backend("auto", model, named)
    plan = Plan(
        model,
        tuple(named),
        backend=choice.backend,
        why=choice.why,
        language=words.language(),
    )
    return start_serving(plan, None)[0]
