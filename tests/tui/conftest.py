"""Screens that look around often, so that no test waits for the next look."""

from __future__ import annotations

import importlib

import pytest

_LOOKS = {
    "tui.followed_job": "_EVERY",
    "tui.screens.data_problems": "_LOOK_EVERY",
    "tui.screens.data_repair": "_LOOK_EVERY",
    "tui.screens.hub_box": "_LOOK_EVERY",
    "tui.screens.job_screen": "TICK",
    "tui.screens.jobs": "EVERY",
    "tui.screens.running_job": "EVERY",
    "tui.screens.serving": "EVERY",
    "tui.wizard.step_screen": "_LOOK_EVERY",
}
_SECONDS = 0.05


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in _LOOKS.items():
        monkeypatch.setattr(importlib.import_module(module), name, _SECONDS)
