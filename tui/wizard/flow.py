"""Into the wizard, from step to step, and out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from textual.app import App

from engine.spec.run_spec import RunSpec
from tui.wizard.draft import Draft

if TYPE_CHECKING:
    from engine.recipes import Recipe
    from engine.runs.store import Run
    from tui.app import DanluApp
    from tui.wizard.step_screen import StepScreen


# By the recipe they began with: a look at one loses nothing of another.
_unfinished: WeakKeyDictionary[App[Any], dict[Path | None, Draft]] = WeakKeyDictionary()
_started: WeakKeyDictionary[App[Any], tuple[Draft, Run]] = WeakKeyDictionary()


def start_wizard(app: DanluApp, spec: RunSpec | None = None, at: str = "model") -> None:
    """Open the wizard at step ``at`` on ``spec``. Without one it goes on with the draft that was
    left in this app, where it was left, or begins a new one."""
    draft = _left(app) if spec is None else None
    step = draft.at if draft is not None else at
    open_draft(app, draft or Draft(spec), step)


def start_recipe(app: DanluApp, recipe: Recipe) -> None:
    """Open the wizard on a recipe: where it was left in this app, else at the first step that needs
    the person, else at Review. Raises DanluError where the recipe's file is broken."""
    from engine.spec.yaml_form import read_spec

    left = _unfinished.get(app, {}).get(recipe.path)
    draft = left or Draft(read_spec(recipe.path, by="recipe"), recipe)
    open_draft(app, draft, left.at if left else first_open(draft))


def open_draft(app: App[Any], draft: Draft, step: str) -> None:
    """Open the wizard at ``step`` on ``draft``, which the app keeps from now on."""
    _keep(app, draft)
    app.push_screen(screen_of(step, draft))


def _keep(app: App[Any], draft: Draft) -> None:
    _unfinished.setdefault(app, {})[_begun_with(draft)] = draft


def _begun_with(draft: Draft) -> Path | None:
    return draft.recipe.path if draft.recipe is not None else None


def new_draft(app: App[Any]) -> StepScreen:
    """The first step of a new draft, which the app keeps from now on."""
    draft = Draft()
    _keep(app, draft)
    return screen_of("model", draft)


def keep_started(app: App[Any], draft: Draft, run: Run) -> None:
    """``draft`` became ``run``: the next wizard begins anew, unless that run fails."""
    forget_draft(app, draft)
    _started[app] = (draft, run)


def _left(app: App[Any]) -> Draft | None:
    """What the person would go on with: the unfinished draft, or one whose run failed."""
    own = _unfinished.get(app, {}).get(None)
    if own is not None:
        return own
    draft, run = _started.pop(app, (None, None))
    if draft is None or run is None or run.summary().status != "failed":
        return None
    again = Draft(draft.spec, draft.recipe)
    again.at = "review"
    return again


def forget_draft(app: App[Any], draft: Draft) -> None:
    """The next wizard begins anew: this one's run was started, or the person wants a new one."""
    _unfinished.get(app, {}).pop(_begun_with(draft), None)
    draft.desk.close()


def first_open(draft: Draft) -> str:
    """The first step at which the person has something to give before the run can start."""
    recipe = draft.recipe
    if recipe is not None and recipe.model_needed:
        return "model"
    if not draft.spec.data.train or (recipe is not None and recipe.data_needed):
        return "data"
    return "review"


def screen_of(step: str, draft: Draft) -> StepScreen:
    """The screen of a step. Each is imported when it is first opened."""
    if step == "model":
        from tui.screens.model import ModelScreen

        return ModelScreen(draft)
    if step == "data":
        from tui.screens.data import DataScreen

        return DataScreen(draft)
    if step == "memory":
        from tui.screens.memory import MemoryScreen

        return MemoryScreen(draft)
    if step == "parameters":
        from tui.screens.parameters import ParametersScreen

        return ParametersScreen(draft)
    from tui.screens.review import ReviewScreen

    return ReviewScreen(draft)
