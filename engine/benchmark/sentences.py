"""Where sentences end, as IFEval counts them: rules of NLTK's that its package does not hold."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from engine.benchmark.known import Benchmark
from engine.benchmark.local_data import usual_folder
from engine.errors import DanluError

_RULES = "tokenizers/punkt_tab/english/"


def find_sentences(benchmark: Benchmark, folder: Path | None) -> None:
    """Let NLTK find its rules for sentences: in ``nltk_data`` of ``folder`` or of the usual one, in
    a package that holds them, where NLTK looks itself; fetched where the questions are fetched
    too. Raises DanluError ``benchmark.no_sentences``."""
    if "nltk" not in benchmark.packages:
        return
    import nltk

    usual = usual_folder(benchmark)
    for place in (
        *_in_packages(),
        usual / "nltk_data",
        *([folder / "nltk_data"] if folder else ()),
    ):
        if place.is_dir() and str(place) not in nltk.data.path:
            nltk.data.path.insert(0, str(place))
    offline = folder is not None or os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0")
    if _there() or (not offline and nltk.download("punkt_tab", quiet=True) and _there()):
        return
    raise DanluError(
        "benchmark.no_sentences",
        benchmark=benchmark.title,
        folder=(folder or usual) / "nltk_data" / "tokenizers",
    )


def _there() -> bool:
    import nltk

    try:
        nltk.data.find(_RULES)
    except LookupError:
        return False
    return True


def _in_packages() -> Iterator[Path]:
    """llama-index-core brings them along, and a registry of packages is reached where GitHub is
    not."""
    found = importlib.util.find_spec("llama_index")
    for place in (found.submodule_search_locations or ()) if found else ():
        yield Path(place) / "core" / "_static" / "nltk_cache"
