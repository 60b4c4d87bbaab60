"""The keys of the chat, and when each works."""

from __future__ import annotations

from textual.binding import Binding, BindingType

CHAT_KEYS: list[BindingType] = [
    # Several things on escape: the first that can be done now is done.
    Binding("escape", "stop", "keys.chat_stop", id="chat.stop"),
    Binding("escape", "leave_edit", "keys.chat_leave_edit", id="chat.leave_edit"),
    Binding("escape", "commands", "keys.chat_commands", id="chat.commands"),
    Binding("escape", "back", "keys.back", id="back"),
    Binding("enter,i", "type", "keys.chat_type", id="chat.type"),
    Binding("a", "add", "keys.chat_add", id="chat.add"),
    Binding("b", "blind", "keys.chat_blind", id="chat.blind"),
    Binding("s", "sampling", "keys.chat_sampling", id="chat.sampling"),
    Binding("e", "edit", "keys.chat_edit", id="chat.edit"),
    Binding("r", "resend", "keys.chat_resend", id="chat.resend"),
    Binding("y", "copy_answer", "keys.chat_copy", id="chat.copy"),
    Binding("t", "thoughts", "keys.chat_thoughts", id="chat.thoughts"),
    Binding("w", "save", "keys.chat_save", id="chat.save"),
    Binding("o", "open", "keys.chat_open", id="chat.open"),
    Binding("n", "new", "keys.chat_new", id="chat.new"),
    Binding("p", "system", "keys.chat_system", id="chat.system"),
    Binding("v", "verify", "keys.run_verify", id="chat.verify"),
    Binding("z", "zoom", "keys.chat_zoom", id="chat.zoom"),
    Binding("x", "remove", "keys.chat_remove", id="chat.remove"),
    Binding("left", "voice(-1)", "keys.chat_voice", id="chat.voice", key_display="←→"),
    Binding("right", "voice(1)", "keys.chat_voice", id="chat.voice_next", show=False),
    Binding("left_square_bracket", "mark(-1)", "keys.chat_mark", id="chat.mark", show=False),
    Binding("right_square_bracket", "mark(1)", "keys.chat_mark", id="chat.mark2", show=False),
    Binding("ctrl+n", "new_now", "keys.chat_new", id="chat.new_now", show=False),
]
# What works while a question is typed; letters are text then.
WHILE_TYPING = (
    "stop",
    "commands",
    "back",
    "page",
    "new_now",
    "help",
    "language",
    "quit",
    "edit_last",
)
NEED_A_TURN = ("copy_answer", "edit", "edit_last", "resend", "save", "mark")
NEED_SILENCE = (
    "edit", "edit_last", "resend", "add", "remove", "blind", "verify", "sampling", "open",
)  # fmt: skip
