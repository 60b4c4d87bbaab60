"""The models and data sets danlu knows of without a network: ``templates/catalogue``.

Read once, when first asked for. No torch, and no hub.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeVar

import yaml

from engine import words
from engine.hardware import Machine
from engine.home import templates_root
from engine.models.describe import EXPERT_KEYS

Fit = Literal["bf16", "nf4", "no"]

_EMBEDDED = "HuggingFaceTB/SmolLM2-135M-Instruct"  # as engine.models.embedded names it
_BF16_BYTES = 2
_NF4_BYTES = (4 + 8 / 64 + 32 / (64 * 256)) / 8  # as packed by bitsandbytes, doubly quantised


@dataclass(frozen=True)
class CatalogueModel:
    """A model, as its source states it; None, or nothing, where no source states it.

    ``shapes`` are fields of its config.json, those of the language part of a model that sees;
    ``builds`` says that transformers builds the whole model from them. ``gated`` is about Hugging
    Face; ``thinking`` is always, never or switchable; ``released`` is a year and month.
    """

    name: str
    ids: Mapping[str, str]
    parameters: int
    vision: bool
    source: tuple[str, ...]
    model_type: str | None = None
    architecture: str | None = None
    shapes: Mapping[str, Any] = field(default_factory=dict)
    builds: bool = False
    context: int | None = None
    license: str | None = None
    gated: bool | None = None
    thinking: str | None = None
    languages: tuple[str, ...] = ()
    released: str | None = None

    @property
    def searched(self) -> tuple[str, ...]:
        return self.name, *self.ids.values()

    @property
    def experts(self) -> bool:
        """Whether it is a mixture of experts."""
        return any((self.shapes.get(key) or 0) > 1 for key in EXPERT_KEYS)

    def weight_bytes(self, quantization: Literal["none", "nf4"] = "none") -> int:
        """Bytes of its weights alone in bf16, or with all but its embeddings packed as nf4."""
        if quantization == "none":
            return self.parameters * _BF16_BYTES
        kept = min(self._embedding_parameters(), self.parameters)
        return round(kept * _BF16_BYTES + (self.parameters - kept) * _NF4_BYTES)

    def _embedding_parameters(self) -> int:
        matrix = self.shapes.get("vocab_size", 0) * self.shapes.get("hidden_size", 0)
        return matrix if self.shapes.get("tie_word_embeddings") else 2 * matrix

    def fit(self, machine: Machine) -> Fit:
        """How its weights alone fit the memory that is free: as bf16, only packed (which needs a
        card), or not. A run needs more; ``engine.memory`` tells how much."""
        return _fit(self.weight_bytes(), self.weight_bytes("nf4"), machine)

    def config(self) -> dict[str, Any] | None:
        """A config.json from its shapes, enough to build it without weights; None where the shapes
        are not all of it."""
        if not self.builds:
            return None
        architectures = [self.architecture] if self.architecture else []
        return {
            "architectures": architectures,
            "model_type": self.model_type,
            **self.shapes,
            "dtype": "bfloat16",
        }

    def document(self) -> dict[str, Any]:
        """The JSON form; what is not known is left out."""
        return _known(vars(self))


@dataclass(frozen=True)
class CatalogueDataset:
    """A data set, as its source states it; None, or nothing, where no source states it.

    ``format`` is one of its stage, as a check names it; ``columns`` says what each of its columns
    is, where their names do not; ``images`` that its rows show pictures.
    """

    name: str
    ids: Mapping[str, str]
    stage: str
    about: Mapping[str, str]
    source: tuple[str, ...]
    format: str | None = None
    images: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None
    license: str | None = None
    gated: bool | None = None
    languages: tuple[str, ...] = ()

    @property
    def searched(self) -> tuple[str, ...]:
        return self.name, *self.ids.values(), self.stage, *self.about.values()

    @property
    def about_text(self) -> str:
        """What it holds, in the current language."""
        return self.about[words.language()]

    def document(self) -> dict[str, Any]:
        """The JSON form, its text in the current language; what is not known is left out."""
        return _known({**vars(self), "about": self.about_text})


Entry = TypeVar("Entry", CatalogueModel, CatalogueDataset)


@cache
def models() -> tuple[CatalogueModel, ...]:
    """Every model of the catalogue, in its order: by family."""
    return tuple(CatalogueModel(**entry) for entry in _read("models"))


@cache
def datasets() -> tuple[CatalogueDataset, ...]:
    """Every data set of the catalogue, in its order."""
    return tuple(CatalogueDataset(**entry) for entry in _read("datasets"))


def find(query: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that have every word of ``query`` in their name or an id, a data set also in its
    stage or in what it holds, in their order. Case, dashes and underscores do not count, and
    ``1b`` is not found in ``11B``."""
    return [entry for entry in entries if matches(query, entry.searched)]


def matches(query: str, searched: Iterable[str]) -> bool:
    """Whether every word of ``query`` is in one of the texts, by the same rules."""
    texts = tuple(searched)
    return all(any(word.search(text) for text in texts) for word in map(_pattern, query.split()))


def model_of(repo: str) -> CatalogueModel | None:
    """The model that a hub has under ``repo``, an id of either hub, or the ``embedded`` one."""
    return _of(_EMBEDDED if repo == "embedded" else repo, models())


def dataset_of(repo: str) -> CatalogueDataset | None:
    """The data set that a hub has under ``repo``, an id of either hub."""
    return _of(repo, datasets())


def _of(repo: str, entries: Iterable[Entry]) -> Entry | None:
    wanted = repo.lower()
    return next((e for e in entries if wanted in (name.lower() for name in e.ids.values())), None)


def fit_of(parameters: int, machine: Machine) -> Fit:
    """The same of a model of which only the number of parameters is known."""
    return _fit(parameters * _BF16_BYTES, round(parameters * _NF4_BYTES), machine)


def _fit(bf16: int, nf4: int, machine: Machine) -> Fit:
    if bf16 <= machine.free_bytes:
        return "bf16"
    return "nf4" if machine.gpu is not None and nf4 <= machine.free_bytes else "no"


def fits(machine: Machine) -> Callable[[CatalogueModel], tuple[int, int]]:
    """A key to sort by: the largest that fits as bf16 first, then the largest that fits packed,
    then what does not fit, the smallest first."""
    order: tuple[Fit, ...] = ("bf16", "nf4", "no")

    def key(model: CatalogueModel) -> tuple[int, int]:
        fit = model.fit(machine)
        size = model.parameters
        return order.index(fit), size if fit == "no" else -size

    return key


def _read(name: str) -> list[dict[str, Any]]:
    text = (templates_root() / "catalogue" / f"{name}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries: list[dict[str, Any]] = yaml.load(text, Loader=loader)
    return [
        {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
        for entry in entries
    ]


@cache
def _pattern(word: str) -> re.Pattern[str]:
    letters = [re.escape(letter) for letter in word if letter not in "/_-"]
    guard = r"(?<![\d.])" if letters and letters[0].isdigit() else ""
    return re.compile(guard + "[/_-]*".join(letters), re.IGNORECASE)


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None and value != () and value != {}
    }
