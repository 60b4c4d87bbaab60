"""Serving what the cursor is on: the server there is already, else a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import words

if TYPE_CHECKING:
    from engine.serve.serving import Serving


def serve_target(target: str | None) -> Serving:
    """A server of ``target`` alone on this machine. Takes a moment; raises DanluError."""
    from engine.serve.backend import choose_backend
    from engine.serve.plan import Plan, what_to_serve
    from engine.serve.serving import servings, start_serving

    model, named = what_to_serve([target] if target else [])
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
