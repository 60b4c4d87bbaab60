"""Setting a person down before an empty danlu, and letting them walk a journey."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import pytest

from engine.home import models_root
from tests.journeys import first_notebook, identity_change, news_classifier, rented_machine
from tests.journeys.person import Person
from tests.real_model import embedded_model

JOURNEYS: MappingProxyType[str, Callable[[Person], None]] = MappingProxyType(
    {
        "J1": first_notebook.walk,
        "J2": identity_change.walk,
        "J3": rented_machine.walk,
        "J5": news_classifier.walk,
    }
)


def replay(
    name: str, language: str, root: Path, *, model: Path | None = None, learns: bool = True
) -> None:
    """Walk the journey ``name`` in ``root``, with ``model`` in the embedded one's place."""
    source = model or embedded_model()
    home, desk = root / "home", root / "desk"
    desk.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DANLU_HOME", str(home))
        folder = models_root() / "SmolLM2-135M-Instruct"
        folder.parent.mkdir(parents=True)
        shutil.copytree(source, folder, copy_function=_link)
        JOURNEYS[name](Person(home, desk, language, source, learns))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
