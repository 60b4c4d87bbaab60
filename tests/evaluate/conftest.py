"""A run that learned two of its three rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runs.store import Run
from tests.learned_run import make_run


@pytest.fixture
def run(learned: tuple[Path, Path], tmp_path: Path) -> Run:
    """A run of all rows whose checkpoint is that adapter."""
    return make_run(learned, tmp_path)
