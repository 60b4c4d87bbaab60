"""How keys are written, on the key line and in help; texts that are cut; all of it in ASCII too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.keys import key_to_character
from textual.widgets import Input

from engine.home import runs_root
from engine.runs.lock import RunLock
from tests.recorded.replay import recorded_run
from tests.snapshot import screen_text
from tests.tui.settle import settle
from tui.app import DanluApp
from tui.cells import fit, width
from tui.screens.help import HelpScreen
from tui.screens.live import LiveScreen
from tui.symbols import use_ascii
from tui.widgets.key_bar import keys_name


@pytest.fixture
def ascii_drawing() -> Iterator[None]:
    use_ascii(True)
    yield
    use_ascii(False)


def test_a_text_that_is_cut_ends_in_an_ellipsis() -> None:
    assert fit("checkpoint", 8) == "checkpo…"
    assert fit("检查点", 5) == "检查…" and width(fit("检查点", 4)) == 4


@pytest.mark.usefixtures("ascii_drawing")
def test_in_ascii_a_text_that_is_cut_ends_in_dots() -> None:
    assert fit("checkpoint", 8) == "check..."
    assert fit("checkpoint", 2) == "ch" and fit("check", 5) == "check"


@pytest.mark.usefixtures("ascii_drawing")
def test_in_ascii_a_pair_of_arrows_is_spelt_out() -> None:
    both = Binding("left,h", "move(-1)", "keys.live_cursor", key_display="←→")
    assert keys_name(both) == "left/right"


async def test_help_names_each_key_once_as_it_is_pressed() -> None:
    run = recorded_run(runs_root() / "identity-smollm2", 200)
    lock = RunLock(run.path)
    screen = LiveScreen(run)
    async with DanluApp(first=screen).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        scrolling = [line for line in screen_text(pilot.app).splitlines() if "Scroll" in line]
        assert len(scrolling) == 1 and "↑ k ↓ j" in scrolling[0]
    lock.release()


@pytest.mark.parametrize("key", ["slash", "minus", "plus", "backslash", "at", "underscore"])
def test_an_input_takes_every_key_that_types_a_character(key: str) -> None:
    character = key_to_character(key)
    assert character is not None and Input().check_consume_key(key, character)
