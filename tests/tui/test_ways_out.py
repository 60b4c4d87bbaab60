"""What a run failed of is mended by a key: the same settings but one, in Review first."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import DanluError, Fix
from tests.snapshot import screen_text
from tests.tui.sample_runs import make_run
from tests.tui.settle import until
from tui.app import DanluApp
from tui.screens.ask import AskScreen
from tui.screens.live import LiveScreen
from tui.screens.review import ReviewScreen
from tui.screens.ways_out import WaysOutScreen


async def test_f_offers_what_can_be_changed_and_review_shows_it_changed() -> None:
    error = DanluError(
        "train.out_of_memory",
        fixes=[
            Fix("checkpointing", {"train.gradient_checkpointing": True}),
            Fix("shorter", {"data.max_length": 512}),
        ],
    )
    run = make_run("too-large", "failed", step=3, saved=(), error=error.document())
    app = DanluApp(first=LiveScreen(run))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "f fix" in screen_text(app))
        await pilot.press("f")
        assert isinstance(app.screen, WaysOutScreen)
        assert "data.max_length: 512" in screen_text(app)
        await pilot.press("9", "2")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        assert isinstance(app.screen, ReviewScreen)
        draft = app.screen.draft
        assert draft.spec.data.max_length == 512 and draft.spec.run.name is None
        assert draft.spec.origin("data.max_length").by == "you"
        draft.desk.close()


async def test_a_run_that_saved_goes_on_from_there_before_any_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changes: list[dict[str, Any]] = [
        {"train.per_device_train_batch_size": 2, "train.gradient_accumulation_steps": 8},
        {"data.max_length": 512},
    ]
    error = DanluError(
        "train.out_of_memory",
        fixes=[Fix("smaller_batch", changes[0]), Fix("shorter", changes[1])],
    )
    run = make_run("too-large", "failed", step=90, saved=(80,), error=error.document())
    begun: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        DanluApp, "start_training", lambda app, run, resume=False: begun.append((run.name, resume))
    )
    app = DanluApp(first=LiveScreen(run))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "f fix" in screen_text(app))
        await pilot.press("f")
        shown = screen_text(app)
        assert shown.index("goes on at once from step 80") < shown.index("1  Halve")
        assert (
            shown.index("2  With everything") < shown.index("A new run") < shown.index("3  Halve")
        )
        await pilot.press("1")
        await until(pilot, lambda: begun == [("too-large", True)])
        assert run.spec().train.per_device_train_batch_size == 2


async def test_a_finished_run_is_made_longer_from_its_own_screen() -> None:
    run = make_run("identity")
    app = DanluApp(first=LiveScreen(run))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "+ more epochs" in screen_text(app))
        await pilot.press("plus")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        assert "identity" in screen_text(app)


async def test_a_failure_without_a_setting_to_change_offers_no_key() -> None:
    error = DanluError("train.disk_full").document()
    app = DanluApp(first=LiveScreen(make_run("full", "failed", step=3, saved=(), error=error)))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "The disk is full" in screen_text(app))
        await pilot.press("f")
        assert isinstance(app.screen, LiveScreen)
