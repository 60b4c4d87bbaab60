"""Where a conversation is to be saved."""

from __future__ import annotations

import re
import time
from pathlib import Path

from engine import words
from engine.chat.conversation import Transcript
from engine.errors import DanluError
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen

FORMS = (".md", ".json")


def save_where_asked(screen: DanluScreen, kept: Transcript) -> None:
    """Ask for a file's name, then write the conversation there; its ending says the form."""

    def take(text: str | None) -> None:
        path = Path(text or "").expanduser()
        if not text:
            return
        try:
            kept.write(path)
        except DanluError as error:
            screen.fail(error)
        else:
            screen.notify(words.t("chat_screen.saved", path=path))

    name = re.sub(r"[^\w.-]+", "-", kept.title).strip("-.") or "model"
    value = str(Path.cwd() / f"chat-{name}-{time.strftime('%m%d-%H%M')}.md")
    title, about = words.t("chat_screen.save"), words.t("chat_screen.save_about")
    screen.app.push_screen(AskScreen(title, about, value=value, refuse=not_a_form), take)


def not_a_form(text: str) -> str:
    """Why the file cannot be written in either form; empty where it can."""
    return "" if Path(text).suffix in FORMS else words.t("chat_screen.save_forms")
