"""The command that does what the wizard is about to do."""

from __future__ import annotations

import shlex
from pathlib import Path

from engine.home import recipes_root
from engine.recipes import Recipe
from engine.spec.yaml_form import show_value
from tui.wizard.draft import Draft

_UNWRITTEN = "danlu-run.yaml"


def command_line(draft: Draft) -> str:
    """``danlu train SPEC --set name=value``: over the file written last, else over the recipe's,
    else over the one that the write key would make."""
    if draft.written is not None:
        changed = {path: draft.spec.get(path) for path in draft.changed_since_written()}
        return _command(str(draft.written), changed)
    if draft.recipe is not None:
        return _command(_recipe_said(draft.recipe), draft.changed())
    return _command(_UNWRITTEN, {})


def _recipe_said(recipe: Recipe) -> str:
    """The recipe's name; its file where the name would mean another one."""
    own = recipes_root() / f"{recipe.name}.yaml"
    other = Path(recipe.name).exists() or (own.exists() and not recipe.own)
    return str(recipe.path) if other else recipe.name


def _command(file: str, changed: dict[str, object]) -> str:
    words = ["danlu", "train", file]
    for path, value in changed.items():
        shown = show_value(value) if value is not None else "null"
        words += ["--set", f"{path.partition('.')[2]}={shown}"]
    return shlex.join(words)
