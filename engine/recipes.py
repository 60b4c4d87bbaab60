"""Recipes: specs worth starting from, shipped with danlu or saved by the person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine import words
from engine.errors import DanluError
from engine.home import recipes_root, templates_root
from engine.runs.atomic import write_atomically
from engine.spec.nearest import nearest
from engine.spec.run_spec import RunSpec
from engine.spec.yaml_form import read_mapping, read_spec, to_yaml

_LAST = 1000  # an own recipe without an order stands behind the shipped ones


@dataclass(frozen=True)
class Recipe:
    """One recipe file, its texts by language; ``error`` says why a broken one cannot be used."""

    name: str
    path: Path
    own: bool
    title: Mapping[str, str] = field(default_factory=dict)
    when: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    order: int = _LAST
    data_needed: bool = False
    model_needed: bool = False
    error: DanluError | None = None

    @property
    def title_text(self) -> str:
        """Its title in the current language; its name where it has none."""
        return _in_language(self.title) or self.name

    @property
    def when_text(self) -> str:
        return _in_language(self.when)

    @property
    def needs_text(self) -> str:
        return _in_language(self.needs)

    def document(self) -> dict[str, Any]:
        """The JSON form, texts in the current language."""
        return {
            "name": self.name,
            "title": self.title_text,
            "when": self.when_text,
            "needs": self.needs_text,
            "own": self.own,
            "path": str(self.path),
            "data_needed": self.data_needed,
            "model_needed": self.model_needed,
            "error": self.error.document() if self.error else None,
        }


def list_recipes() -> list[Recipe]:
    """Every recipe, the shipped ones first, each group in its order. Broken files are listed with
    their error."""
    shipped = [_read(path, own=False) for path in _files(templates_root() / "recipes")]
    own = [_read(path, own=True) for path in _files(recipes_root())]
    return sorted(shipped, key=_place) + sorted(own, key=_place)


def find_recipe(name: str) -> Recipe:
    """The recipe of that name; the person's own before a shipped one. Raises DanluError, naming the
    nearest, when there is none."""
    found = list_recipes()
    named = sorted((r for r in found if r.name == name), key=lambda r: not r.own)
    if named:
        return named[0]
    close = nearest(name, [recipe.name for recipe in found])
    if close:
        raise DanluError("recipe.not_found_near", name=name, nearest=close)
    raise DanluError("recipe.not_found", name=name)


def load_recipe(name: str) -> RunSpec:
    """The spec of a recipe, its values chosen by it. Raises DanluError when there is none of
    that name or it is broken."""
    return read_spec(find_recipe(name).path, by="recipe")


def save_recipe(spec: RunSpec, name: str, title: str = "") -> Recipe:
    """Keep what was chosen in ``spec``, by the person or a recipe, as an own recipe; what the
    machine or the data decide is left to where it will run. One of the same name is replaced.
    Raises DanluError when the name cannot be a file's."""
    safe = re.sub(r"[^\w.-]+", "-", name.strip()).strip("-.")[:60]
    if not safe:
        raise DanluError("recipe.bad_name", name=name)
    path = recipes_root() / f"{safe}.yaml"
    title = title.strip() or name.strip()
    block = {
        "title": dict.fromkeys(words.LANGUAGES, title),
        "data_needed": not spec.data.train,
    }
    head = yaml.safe_dump({"recipe": block}, allow_unicode=True, sort_keys=False, width=10**9)
    chosen = {path for path in spec.values() if spec.origin(path).by in ("you", "recipe")}
    chosen -= {"run.name"}  # a run's own, not what it is made of
    chosen |= {"model.source", "method.stage", "method.tuner"}
    header = words.t("recipe.saved_header")
    write_atomically(path, f"# {header}\n{head}\n{to_yaml(spec, only=chosen)}")
    return _read(path, own=True)


def _files(folder: Path) -> list[Path]:
    return [*folder.glob("*.yaml"), *folder.glob("*.yml")] if folder.is_dir() else []


def _place(recipe: Recipe) -> tuple[int, str]:
    return recipe.order, recipe.name


def _read(path: Path, *, own: bool) -> Recipe:
    try:
        block = read_mapping(path).get("recipe") or {}
        facts = _facts(block, path)
        read_spec(path, by="recipe")
    except DanluError as error:
        return Recipe(path.stem, path, own, error=error)
    return Recipe(path.stem, path, own, **facts)


def _facts(block: Any, path: Path) -> dict[str, Any]:
    if not isinstance(block, dict):
        raise DanluError("recipe.bad_block", path=path)
    order = block.get("order")
    return {
        **{key: _texts(block.get(key)) for key in ("title", "when", "needs")},
        "order": order if isinstance(order, int) else _LAST,
        "data_needed": bool(block.get("data_needed")),
        "model_needed": bool(block.get("model_needed")),
    }


def _texts(value: Any) -> dict[str, str]:
    """One text for both languages, or one each."""
    if isinstance(value, dict):
        return {str(tongue): str(text) for tongue, text in value.items()}
    return dict.fromkeys(words.LANGUAGES, str(value)) if value else {}


def _in_language(texts: Mapping[str, str]) -> str:
    return texts.get(words.language()) or next(iter(texts.values()), "")
