"""Talking to a model: base and tuned side by side, each with its own history."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.chat.sampling import Sampling
from engine.errors import DanluError
from engine.job import Cancelled, Job
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.talk import Answer, Conversation, Exchange, Turn, VoiceName
from tui.widgets.head_line import HeadLine
from tui.widgets.job_bar import JobBar
from tui.widgets.transcript import Transcript
from tui.widgets.voice_heads import VoiceHeads

if TYPE_CHECKING:
    from engine.chat.talker import Talker

TICK = 0.125  # seconds between two looks at what is being said
_TYPING = ("new", "sampling", "system", "voices", "verify", "copy_answer", "type")


class ChatInput(Input):
    """What is said next. Its cursor is the terminal's own, so an input method composes there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keys.chat_send", id="chat.send"),
        Binding("pageup", "screen.page(-1)", "keys.scroll", id="chat.page_up", show=False),
        Binding("pagedown", "screen.page(1)", "keys.scroll", id="chat.page_down", show=False),
    ]


class ChatScreen(DanluScreen):
    """``target`` is what :func:`engine.chat.target.resolve_target` understands."""

    title_key = "chat_screen.title"
    AUTO_FOCUS = "ChatInput"
    BINDINGS: ClassVar[list[BindingType]] = [
        # Several things on escape: the first that can be done now is done.
        Binding("escape", "stop", "keys.chat_stop", id="chat.stop"),
        Binding("escape", "commands", "keys.chat_commands", id="chat.commands"),
        Binding("escape", "back", "keys.back", id="back"),
        Binding("enter,i", "type", "keys.chat_type", id="chat.type"),
        Binding("n", "new", "keys.chat_new", id="chat.new"),
        Binding("b", "voices", "keys.chat_voices", id="chat.voices"),
        Binding("s", "sampling", "keys.chat_sampling", id="chat.sampling"),
        Binding("p", "system", "keys.chat_system", id="chat.system"),
        Binding("v", "verify", "keys.run_verify", id="chat.verify"),
        Binding("y", "copy_answer", "keys.chat_copy", id="chat.copy"),
        Binding("ctrl+n", "new_now", "keys.chat_new", id="chat.new_now", show=False),
    ]
    DEFAULT_CSS = """
    ChatScreen ChatInput { background: $panel; padding: 0 1; margin-top: 1; }
    ChatScreen JobBar { display: none; }
    ChatScreen.-loading JobBar { display: block; }
    """

    class Loaded(Message):
        """The model is ready, or why it is not."""

        def __init__(self, talker: Talker | None, error: DanluError | None = None) -> None:
            super().__init__()
            self.talker, self.error = talker, error

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self._label = target
        self._tuned = False  # whether there is a tuned voice beside the base
        self._talker: Talker | None = None
        self._job: Job | None = Job()
        self._conversation = Conversation()
        self._exchange: Exchange | None = None
        self._sampling = Sampling()
        self._voices: tuple[VoiceName, ...] = ("base",)
        self._draft = ""
        self._asked_early = False  # a question was sent while the model was still loading

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        hint = words.t("chat_screen.ask" if self._talker else "chat_screen.loading")
        entry = ChatInput(self._draft, placeholder=hint, compact=True)
        return [
            VoiceHeads(self._voices if self._talker else ()),
            Transcript(self._voices),
            JobBar(),
            entry,
        ]

    def head_right(self) -> str:
        chosen = self._sampling
        parts = [f"T {chosen.temperature:g} · {chosen.max_new_tokens} {words.t('unit.tokens')}"]
        if self._conversation.system:
            parts.insert(0, words.t("chat_screen.system_set"))
        return f"{'   '.join(parts)}   {words.language().upper()}"

    def _show(self) -> None:
        """Bring every part of the screen up to date."""
        label = self._label
        title = f"{words.t(self.title_key)} · {label}"
        self.query_one(HeadLine).show(title, self.head_right())
        self.query_one(VoiceHeads).show(self._voices if self._talker else ())
        self.query_one(Transcript).show(self._conversation.turns, self._voices)
        self.set_class(self._talker is None and self._job is not None, "-loading")

    async def retranslate(self) -> None:
        typing = isinstance(self.focused, ChatInput)
        await super().retranslate()
        self.call_after_refresh(self._show)
        (self.query_one(ChatInput) if typing else self.query_one(Transcript)).focus()

    # -- loading ---------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_interval(TICK, self._tick)
        self.call_after_refresh(self._show)
        self.run_worker(self._load, thread=True, exit_on_error=False, group="load")

    def _load(self) -> None:
        """In a thread: resolve the target, load the model."""
        from engine.chat.talker import Talker

        job = self._job or Job()
        try:
            talker = Talker.load(self._target, job=job)
        except DanluError as error:
            self.post_message(self.Loaded(None, error))
        except Cancelled:
            return
        else:
            if job.cancelled or not self.post_message(self.Loaded(talker)):
                talker.close()

    def on_chat_screen_loaded(self, message: Loaded) -> None:
        self._job = None
        if message.talker is None:
            self.app.pop_screen()
            if message.error is not None:
                self.fail(message.error)
            return
        self._talker = message.talker
        self._label = message.talker.target.label
        self._tuned = message.talker.target.tuned is not None
        self._voices = ("base", "tuned") if self._tuned else ("base",)
        self.query_one(ChatInput).placeholder = words.t("chat_screen.ask")
        self._show()
        self.refresh_bindings()
        if self._asked_early:
            self._ask(self._draft)

    def on_unmount(self) -> None:
        if self._job is not None:
            self._job.cancel()
        if self._exchange is not None:
            self._exchange.stop()
        if self._talker is not None:
            # It waits for the token under way, which the screen does not.
            threading.Thread(target=self._talker.close, daemon=True).start()

    def _tick(self) -> None:
        if self._job is not None:
            hint = words.t("chat_screen.asked_early") if self._asked_early else ""
            self.query_one(JobBar).show(self._job, hint)
        if self._exchange is not None:
            self.query_one(Transcript).show(self._conversation.turns, self._voices)
            if self._exchange.ended:
                self._exchange = None
                self.refresh_bindings()

    # -- talking -----------------------------------------------------------------------------

    def on_input_changed(self, message: Input.Changed) -> None:
        self._draft = message.value

    def on_input_submitted(self, message: Input.Submitted) -> None:
        self._ask(message.value)

    def _ask(self, text: str) -> None:
        question = text.strip()
        if self._talker is None:
            self._asked_early = bool(question)
            self._show()
        if not question or self._talker is None or self._speaking:
            return
        turn = Turn(question, {voice: Answer() for voice in self._voices})
        self._conversation.turns.append(turn)
        self._exchange = Exchange(self._talker, self._conversation, turn, self._sampling)
        self.query_one(ChatInput).value = ""
        threading.Thread(target=self._exchange.run, daemon=True, name="danlu-chat").start()
        self._show()
        self.query_one(Transcript).scroll_end(animate=False)
        self.refresh_bindings()

    @property
    def _speaking(self) -> bool:
        return self._exchange is not None and not self._exchange.ended

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        typing = isinstance(self.focused, ChatInput)
        if action in _TYPING and typing:
            return False
        if action == "stop":
            return self._speaking
        if action == "commands":
            return typing and bool(self._talker)
        if action == "voices" or action == "verify":
            return self._tuned
        return action != "copy_answer" or bool(self._conversation.turns)

    def action_stop(self) -> None:
        if self._exchange is not None:
            self._exchange.stop()

    def action_commands(self) -> None:
        self.query_one(Transcript).focus()

    def action_type(self) -> None:
        self.query_one(ChatInput).focus()

    def action_page(self, by: int) -> None:
        transcript = self.query_one(Transcript)
        transcript.scroll_relative(y=by * (transcript.size.height - 1), animate=False)

    def action_new(self) -> None:
        self.action_stop()
        self._conversation = Conversation(system=self._conversation.system)
        self._show()
        self.query_one(ChatInput).focus()

    def action_new_now(self) -> None:
        self.action_new()

    def action_voices(self) -> None:
        """Both, the tuned one alone, the base alone, and round again."""
        order: list[tuple[VoiceName, ...]] = [("base", "tuned"), ("tuned",), ("base",)]
        self._voices = order[(order.index(self._voices) + 1) % len(order)]
        self._show()

    def action_sampling(self) -> None:
        from tui.screens.sampling import SamplingScreen

        def take(chosen: Sampling | None) -> None:
            self._sampling = chosen or self._sampling
            self._show()

        self.app.push_screen(SamplingScreen(self._sampling), take)

    def action_system(self) -> None:
        def take(text: str | None) -> None:
            if text is not None:
                self._conversation.system = text
                self._show()

        about = words.t("chat_screen.system_about")
        value = self._conversation.system
        self.app.push_screen(AskScreen(words.t("chat_screen.system"), about, value=value), take)

    def action_verify(self) -> None:
        from tui.screens.verify import VerifyScreen

        if self._talker is not None and not self._speaking:
            self.app.push_screen(VerifyScreen(self._talker))

    def action_copy_answer(self) -> None:
        answers = self._conversation.turns[-1].answers
        answer = answers.get("tuned") or next(iter(answers.values()))
        self.app.copy_to_clipboard(answer.text)
        self.notify(words.t("chat_screen.copied"))
