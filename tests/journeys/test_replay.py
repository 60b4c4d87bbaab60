"""Each journey can be walked by keys alone, here with a tiny model; ``python -m tests.journeys``
walks them with a real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.replay import replay


@pytest.mark.slow
@pytest.mark.parametrize(("journey", "language"), [("J2", "zh"), ("J3", "en"), ("J5", "zh")])
def test_a_journey_is_walked_to_its_end(
    journey: str, language: str, tiny_model: Path, tmp_path: Path
) -> None:
    replay(journey, language, tmp_path, model=tiny_model, learns=False)
