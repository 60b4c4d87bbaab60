"""Waiting until a screen has come to rest: its threads are done and what they found is drawn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from tests.snapshot import screen_text
from tui.screens.home import HomeScreen


async def settle(pilot: Pilot[Any]) -> None:
    """Wait for every worker that runs now, then for the messages they posted."""
    screen = pilot.app.screen
    if isinstance(screen, HomeScreen):
        await until(pilot, lambda: screen.looked)
    for worker in list(pilot.app.workers):
        with contextlib.suppress(WorkerCancelled):  # a later look took its place
            await worker.wait()
    await pilot.pause()


async def until(pilot: Pilot[Any], true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until ``true()``; fails after ``seconds``."""
    for _ in range(int(seconds / 0.05)):
        if true():
            await pilot.pause()
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come true in time")


async def at_rest(pilot: Pilot[Any]) -> None:
    """Wait until nothing more changes: a scroll bar may come a moment after what it belongs to."""
    seen = ""
    for _ in range(200):
        await asyncio.sleep(0.05)
        await pilot.pause()
        now = screen_text(pilot.app)
        if now == seen:
            return
        seen = now
    raise AssertionError("it does not come to rest")
