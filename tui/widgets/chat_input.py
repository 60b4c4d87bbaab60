"""The line a question is typed into."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class ChatInput(Input):
    """What is said next. Its cursor is the terminal's own, so an input method composes there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keys.chat_send", id="chat.send"),
        Binding("up", "screen.edit_last", "keys.chat_edit", id="chat.edit_last"),
        Binding("pageup", "screen.page(-1)", "keys.scroll", id="chat.page_up", show=False),
        Binding("pagedown", "screen.page(1)", "keys.scroll", id="chat.page_down", show=False),
    ]
    DEFAULT_CSS = "ChatInput { background: $panel; padding: 0 1; margin-top: 1; }"
