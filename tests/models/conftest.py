"""Caches of the hubs in a folder of the test's own, and no hub that answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub.loopback_hub import closed_address


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that holds both caches (``ms`` and ``hf``), empty."""
    for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    address = closed_address()
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", address)
    monkeypatch.setenv("HF_ENDPOINT", address)
    return tmp_path
