"""The real embedded model for the slow tests: fetched once per machine, kept between them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.job import Job
from engine.models.locate import EMBEDDED, locate
from engine.spec.sections import Model


def embedded_model() -> Path:
    """The folder of SmolLM2-135M-Instruct. Raises DanluError where it cannot be fetched."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DANLU_HOME", str(Path(cache) / "danlu-tests"))
        return locate(Model(source=EMBEDDED), Job()).folder
