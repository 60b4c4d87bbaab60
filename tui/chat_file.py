"""Where a conversation is to be saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine import words
from engine.chat.conversation import Transcript
from engine.chat.kept_talks import FORMS, new_place, save_both, without_form
from engine.errors import DanluError
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.screens.confirm import ConfirmScreen


def save_where_asked(
    screen: DanluScreen, kept: Transcript, own: Path | None, saved: Callable[[Path], None]
) -> None:
    """Ask for a name, then write the page and the JSON there. ``own`` is where the conversation was
    saved before; another one is not replaced unasked. ``saved`` is told where it is now."""

    def write(place: Path) -> None:
        try:
            save_both(kept, place)
        except DanluError as error:
            screen.fail(error)
        else:
            saved(place)
            screen.notify(words.t("chat_screen.saved", path=place))

    def take(text: str | None) -> None:
        if not text:
            return
        place = without_form(Path(text).expanduser().absolute())
        there = [file for form in FORMS if (file := place.with_name(place.name + form)).exists()]
        if not there or place == own:
            write(place)
            return
        confirm = ConfirmScreen(
            lambda: words.t("chat_screen.replace", path=there[0]),
            lambda: words.t("chat_screen.replace_why"),
        )
        screen.app.push_screen(confirm, lambda yes: write(place) if yes else None)

    value = str(own or new_place(kept.title))
    ask = AskScreen(
        lambda: words.t("chat_screen.save"), lambda: words.t("chat_screen.save_about"), value=value
    )
    screen.app.push_screen(ask, take)
