"""The recipes to start from: what each is for, what it needs."""

from __future__ import annotations

from rich.text import Text
from textual.containers import Vertical
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.recipes import Recipe, list_recipes
from engine.spec.run_spec import RunSpec
from engine.spec.yaml_form import read_spec
from tui.cells import fit, width
from tui.ink import ink
from tui.screens.finding import FindingScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.row_list import RowList
from tui.wizard.choices_pane import ChoicesPane


class RecipesScreen(FindingScreen):
    """One line a recipe; when to use it and what it asks for, below."""

    title_key = "recipes.title"
    AUTO_FOCUS = "RowList"
    DEFAULT_CSS = """
    RecipesScreen DetailLines { height: 8; }
    RecipesScreen .split { height: 1fr; }
    RecipesScreen ChoicesPane { display: none; }
    RecipesScreen.-wide.-tall RowList { height: 10; }
    RecipesScreen.-wide.-tall ChoicesPane { display: block; height: 1fr; padding: 0 3; }
    RecipesScreen.-huge .split { layout: horizontal; }
    RecipesScreen.-huge ChoicesPane { display: block; width: 110; height: 1fr; margin-top: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._recipes: list[Recipe] = []

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, [None, *self._recipes], selectable=bool, enter="keys.recipe_use")
        details = DetailLines(self._details(self._recipes[0] if self._recipes else None))
        choices = ChoicesPane("recipes.settings")
        return [Vertical(rows, choices, classes="split"), details]

    def on_mount(self) -> None:
        self.find(list_recipes, self._listed)

    def _listed(self, recipes: list[Recipe]) -> None:
        self._recipes = recipes
        self.query_one(RowList).show([None, *recipes])
        self.on_row_list_moved()

    def _draw(self, recipe: Recipe | None, cells: int, selected: bool) -> Text:
        text = Text()
        if recipe is None:
            return text
        ember, ash = ink(self, "ember", bold=True), ink(self, "ash")
        text.append(f" {sign('next')} " if selected else "   ", ember)
        text.append(fit(recipe.title_text, min(54, cells - 24)))
        if recipe.error is not None:
            return text.append(f"  {sign('no')} {words.t('recipes.broken')}", ink(self, "cinnabar"))
        return text.append(f"  {_wants(recipe)}", ash)

    def _details(self, recipe: Recipe | None) -> list[Detail]:
        if recipe is None:
            return []
        if recipe.error is not None:
            return [Detail(recipe.error.what, "cinnabar", "wrap"), _path(recipe)]
        leads = [words.t("recipes.when"), words.t("recipes.needs")]
        when, needs = (fit(lead, max(map(width, leads)) + 2) for lead in leads)
        return [
            Detail(recipe.when_text, "foreground", "wrap", when),
            Detail(recipe.needs_text, "gold", "wrap", needs),
            _path(recipe),
        ]

    def on_row_list_moved(self) -> None:
        recipe = self.query_one(RowList).current
        self.query_one(DetailLines).show(self._details(recipe))
        self.query_one(ChoicesPane).show(_settings(recipe))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        from tui.wizard import start_recipe

        recipe: Recipe = message.row
        if recipe.error is not None:
            self.fail(recipe.error)
            return
        try:
            start_recipe(self.danlu, recipe)
        except DanluError as error:
            self.fail(error)


def _settings(recipe: Recipe | None) -> RunSpec | None:
    """What the recipe sets; None where its file is broken."""
    try:
        return read_spec(recipe.path, by="recipe") if recipe is not None else None
    except DanluError:
        return None


def _wants(recipe: Recipe) -> str:
    """What the person must bring, in two words."""
    if recipe.own:
        return words.t("recipes.own")
    if recipe.model_needed and recipe.data_needed:
        return words.t("recipes.wants_both")
    if recipe.data_needed:
        return words.t("recipes.wants_data")
    return words.t("recipes.wants_model" if recipe.model_needed else "recipes.ready")


def _path(recipe: Recipe) -> Detail:
    return Detail(str(recipe.path), "ash", "cut_start")
