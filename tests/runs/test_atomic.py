"""A file is the old one or the new one, never a piece."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.runs import atomic
from engine.runs.atomic import write_atomically


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "spec.yaml"
    write_atomically(path, "old\n")
    write_atomically(path, "新的\n", mode=0o600)
    assert path.read_text(encoding="utf-8") == "新的\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["spec.yaml"]


def test_cut_off_at_any_moment_the_old_file_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "spec.yaml"
    write_atomically(path, "old\n")

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    for moment in ("fsync", "chmod", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(atomic.os, moment, cut)
            with pytest.raises(KeyboardInterrupt):
                write_atomically(path, "new\n")
        assert path.read_text() == "old\n"
        assert os.listdir(tmp_path) == ["spec.yaml"]
