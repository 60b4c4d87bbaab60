"""``danlu recipes``: the recipes there are, when to use each, and how to start it."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil

from engine.recipes import Recipe, list_recipes, load_recipe
from engine.words import sentences, t
from tui.wrap import wrap

_INDENT = "    "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=t("cli.json"))


def run(args: argparse.Namespace) -> int:
    """Print the recipes. Broken files of the person's own are shown with what is wrong in them."""
    found = list_recipes()
    if args.json:
        documents = [recipe.document() for recipe in found]
        print(json.dumps(documents, ensure_ascii=False, indent=2))
        return 0
    cells = shutil.get_terminal_size((100, 24)).columns
    print("\n".join(recipes_lines(found, cells)))
    return 0


def recipes_lines(recipes: list[Recipe], cells: int) -> list[str]:
    """The recipes as text at most ``cells`` wide, shipped ones first; a command is never broken."""
    lines: list[str] = []
    for own in (False, True):
        group = [recipe for recipe in recipes if recipe.own is own]
        if group:
            lines += [t("recipe.own" if own else "recipe.shipped"), ""]
        for recipe in group:
            lines += [*_recipe_lines(recipe, cells), ""]
    return lines[:-1]


def _recipe_lines(recipe: Recipe, cells: int) -> list[str]:
    lines = [f"  {recipe.name} · {recipe.title_text}"]
    if recipe.error:
        text = sentences(f"{recipe.path} {t('recipe.broken')}", str(recipe.error))
        return lines + _indented(text, cells)
    if recipe.when_text:
        lines += _indented(recipe.when_text, cells)
    if recipe.needs_text:
        lines += _indented(f"{t('recipe.needs')}: {recipe.needs_text}", cells)
    return [*lines, f"{_INDENT}{_command(recipe)}"]


def _indented(text: str, cells: int) -> list[str]:
    return [f"{_INDENT}{line}" for line in wrap(text, cells - len(_INDENT))]


def _command(recipe: Recipe) -> str:
    command = f"danlu train {shlex.quote(recipe.name)}"
    if recipe.model_needed:
        command += f" --set source={t('recipe.give_model')}"
    if recipe.data_needed:
        command += f" --set {_train_setting(recipe)}"
    return command


def _train_setting(recipe: Recipe) -> str:
    """The setting that gives the person's rows, beside those the recipe brings itself."""
    brought = [
        f"{source.source}#{source.sample}" if source.sample else source.source
        for source in load_recipe(recipe.name).data.train
    ]
    rows = t("recipe.give_data")
    return shlex.quote(f"train=[{', '.join([rows, *brought])}]") if brought else f"train={rows}"
