"""Parts every test may use: an own home for danlu, a tiny model, one language at a time."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported anywhere
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import words
from tests.drawn import wait_for_drawing
from tests.learned_run import make_learned
from tests.tiny_models import make_tiny_model


@pytest.fixture(autouse=True)
def danlu_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for every test, so that none sees the person's own runs."""
    folder = tmp_path / "danlu-home"
    monkeypatch.setenv("DANLU_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Every test starts in English."""
    words.use_language("en")
    yield
    words.use_language("en")


@pytest.fixture(autouse=True)
def drawn_after_each_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test looks at a screen before it shows what a key did."""
    wait_for_drawing(monkeypatch)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer Qwen2 on disk, with ChatML and a real tokenizer. Not to be written to."""
    return make_tiny_model(tmp_path_factory.mktemp("tiny-qwen2"))


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model, and an adapter that knows all rows of :mod:`tests.learned_run` but the last. Not to
    be written to."""
    return make_learned(tmp_path_factory.mktemp("base"), tmp_path_factory.mktemp("learned"))
