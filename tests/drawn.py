"""Keys in tests that return when what they set going is drawn.

Textual's pilot returns when every widget has handled what was in its queue as the key came. What a
handler does then (a screen pushed, one composed anew in another language) is often not laid out
yet on a busy machine, and a test that looks at once sees an empty screen.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

_SECONDS = 2
"""A screen that is never at rest (a live chart) is looked at all the same."""


def wait_for_drawing(patch: pytest.MonkeyPatch) -> None:
    """Make every ``pilot.press`` wait until the screen shows what the keys did. Work that goes on
    in a worker is not waited for: that is for ``settle`` and ``until``."""
    press = Pilot.press

    async def press_and_draw(self: Pilot[Any], *keys: str) -> None:
        await press(self, *keys)
        await _drawn(self.app)

    patch.setattr(Pilot, "press", press_and_draw)


async def _drawn(app: App[Any]) -> None:
    quiet, deadline = 0, time.monotonic() + _SECONDS
    while quiet < 2 and not app._exit and time.monotonic() < deadline:
        await asyncio.sleep(0)
        quiet = quiet + 1 if _at_rest(app) else 0


def _at_rest(app: App[Any]) -> bool:
    """Whether no message waits and nothing is left to draw; draws what can be drawn."""
    screen = app.screen
    pumps = [app, *screen.walk_children(with_self=True)]
    if app._batch_count or not all(pump._message_queue.empty() for pump in pumps):
        return False
    if screen._layout_required or screen._repaint_required or screen._dirty_widgets:
        screen._on_timer_update()
        return False
    return not screen._recompose_required
