"""A conversation on screen: what is drawn of it, asking, and going back in it."""

from __future__ import annotations

from pathlib import Path

from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.chat.conversation import Transcript as Kept
from engine.chat.kept_talks import UNSAVED, keep_unsaved
from engine.runs.places import short_target
from tui.preface import preface_of
from tui.screens.talking import TalkingScreen
from tui.talk import Answer, Conversation, Turn, Voice
from tui.widgets.chat_input import ChatInput
from tui.widgets.head_line import HeadLine
from tui.widgets.job_bar import JobBar
from tui.widgets.note_line import NoteLine
from tui.widgets.transcript import Transcript, stacked
from tui.widgets.voice_heads import Head, VoiceHeads


class ConversingScreen(TalkingScreen):
    """``target`` is what :func:`engine.chat.part.part_of` understands; ``kept`` a conversation that
    goes on, ``kept_at`` where that was saved (without its ending)."""

    title_key = "chat_screen.title"
    AUTO_FOCUS = "ChatInput"

    def __init__(self, target: str, kept: Kept | None = None, kept_at: Path | None = None) -> None:
        super().__init__(target, kept)
        self._conversation = kept.conversation if kept else Conversation()
        self._sampling = kept.sampling if kept else self._sampling
        self._kept_at = kept_at
        self._saved = self.transcript().said  # as it stands in a file
        self._current = 0  # the number of the voice that is copied, removed, zoomed
        self._zoomed = False
        self._thoughts = False
        self._marked: int | None = None
        self._editing: int | None = None
        self._draft = ""
        self._asked_early = False  # a question was sent while the model was still loading

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        hint = words.t("chat_screen.ask" if self._talker else "chat_screen.loading")
        entry = ChatInput(self._draft, placeholder=hint, compact=True, select_on_focus=False)
        return [VoiceHeads(), Transcript(), JobBar(), NoteLine(), entry]

    def head_right(self) -> str:
        parts = [words.t("chat_screen.system_set")] if self._conversation.system else []
        return "   ".join([*parts, self.shown_sampling(), words.language().upper()])

    def show_all(self) -> None:
        alone = len(self._voices) == 1
        label = self._voices[-1].part.label if alone else short_target(self._target)
        title = f"{words.t(self.title_key)} · {label}"
        self.query_one(HeadLine).show(title, self.head_right())
        note = ""
        if self._editing is not None:
            note = words.t("chat_screen.editing", number=self._editing + 1)
        self.query_one(NoteLine).show(note)
        self.show_said()
        self.refresh_bindings()

    def show_said(self) -> None:
        transcript, shown = self.query_one(Transcript), self._shown
        titles = {voice.name: voice.title for voice in shown}
        if not titles and self._kept is not None:  # they are being loaded
            titles = dict(self._kept.voices)
        columns = not stacked(transcript.size.width - 1, len(titles))
        last = self._conversation.turns[-1].answers if self._conversation.turns else {}
        everyone = self._voices if self._zoomed or not columns else shown
        heads = [
            Head(voice.title, voice.facts(last.get(voice.name)), voice.short) for voice in everyone
        ]
        self.query_one(VoiceHeads).show(heads, self._current, columns and not self._zoomed)
        transcript.show(
            self._conversation.turns,
            titles,
            marked=self._marked,
            thoughts=self._thoughts,
            about=words.t("chat_screen.about").split("\n") if self._talker else (),
            preface=preface_of([voice.part for voice in self._voices], self._conversation.system),
        )

    @property
    def _shown(self) -> list[Voice]:
        """The voices whose answers are drawn."""
        return [self._voice] if self._zoomed and self._voices else self._voices

    @property
    def _voice(self) -> Voice:
        return self._voices[self._current]

    async def retranslate(self) -> None:
        typing = isinstance(self.focused, ChatInput)
        await super().retranslate()
        self.call_after_refresh(self.show_all)
        (self.query_one(ChatInput) if typing else self.query_one(Transcript)).focus()

    def voices_changed(self) -> None:
        self._current = min(self._current, len(self._voices) - 1)
        if self._talker is not None and self._voices and not self._conversation.turns:
            tuned = [at for at, voice in enumerate(self._voices) if voice.part.kind == "tuned"]
            self._current = tuned[-1] if tuned else 0
        self._zoomed = self._zoomed and len(self._voices) > 1
        self.query_one(ChatInput).placeholder = words.t("chat_screen.ask")
        self.show_all()
        if self._asked_early:
            self._asked_early = False
            self._ask(self._draft)

    def goes_on(self, kept: Kept) -> None:
        self._saved = kept.said if self._kept_at else []
        self._conversation, self._sampling = kept.conversation, kept.sampling
        self._target = kept.title
        self._editing = self._marked = None
        self._zoomed = False
        self.voices_changed()

    def loading_hint(self) -> str:
        return words.t("chat_screen.asked_early") if self._asked_early else ""

    def transcript(self) -> Kept:
        """The conversation as it is kept."""
        titles = {voice.name: voice.title for voice in self._voices}
        parts = {voice.name: voice.part for voice in self._voices}
        return Kept(self._target, titles, self._conversation, self._sampling, parts)

    def keep_unsaved(self) -> None:
        """What was said and not saved is not lost where it gives its place up."""
        kept = self.transcript()
        if self._conversation.turns and kept.said != self._saved and keep_unsaved(kept):
            self.app.notify(words.t("chat_screen.kept_unsaved", name=UNSAVED))

    def on_unmount(self) -> None:
        self.keep_unsaved()

    # -- talking -----------------------------------------------------------------------------

    def on_input_changed(self, message: Input.Changed) -> None:
        self._draft = message.value

    def on_input_submitted(self, message: Input.Submitted) -> None:
        self._ask(message.value)

    def _ask(self, text: str) -> None:
        question = text.strip()
        waits = self._talker is None or self._kept is not None
        if waits:
            self._asked_early = bool(question)
            self.show_all()
        if not question or waits or self._speaking:
            return
        if self._editing is not None:
            self._conversation.rewind(self._editing)
        self._editing = self._marked = None
        turn = Turn(question, {voice.name: Answer() for voice in self._voices})
        self._conversation.turns.append(turn)
        self.query_one(ChatInput).value = ""
        self.let_answer(
            [
                (turn.answers[each.name], each.part, self._conversation.messages(each.name, turn))
                for each in self._voices
            ]
        )
        self.show_all()
        self.query_one(Transcript).scroll_end(animate=False)

    # -- going about in it ---------------------------------------------------------------------

    def action_leave_edit(self) -> None:
        self._editing = None
        self.query_one(ChatInput).value = ""
        self.show_all()

    def action_commands(self) -> None:
        self.query_one(Transcript).focus()

    def action_type(self) -> None:
        self.query_one(ChatInput).focus()

    def action_page(self, by: int) -> None:
        transcript = self.query_one(Transcript)
        transcript.scroll_relative(y=by * (transcript.size.height - 1), animate=False)

    def action_new(self) -> None:
        self.action_stop()
        self.keep_unsaved()
        self._conversation = Conversation(system=self._conversation.system)
        self._editing = self._marked = self._kept_at = None
        self.show_all()
        self.query_one(ChatInput).focus()

    action_new_now = action_new

    def action_voice(self, step: int) -> None:
        self._current = (self._current + step) % len(self._voices)
        self.show_all()

    def action_zoom(self) -> None:
        self._zoomed = not self._zoomed
        self.show_all()

    def action_thoughts(self) -> None:
        self._thoughts = not self._thoughts
        self.show_all()

    def action_mark(self, step: int) -> None:
        last = len(self._conversation.turns) - 1
        at = last + 1 if self._marked is None else self._marked
        self._marked = max(0, min(last, at + step))
        self.show_all()

    @property
    def _turn_at(self) -> int:
        """The number of the marked question, else of the last."""
        last = len(self._conversation.turns) - 1
        return last if self._marked is None else min(self._marked, last)

    def action_edit_last(self) -> None:
        if not self.query_one(ChatInput).value:
            self.action_edit()

    def action_edit(self) -> None:
        self._editing = self._turn_at
        entry = self.query_one(ChatInput)
        entry.value = self._conversation.turns[self._editing].question
        entry.cursor_position = len(entry.value)
        entry.focus()
        self.show_all()

    def action_resend(self) -> None:
        self._editing = self._turn_at
        self._ask(self._conversation.turns[self._editing].question)

    def action_copy_answer(self) -> None:
        answers = self._conversation.turns[self._turn_at].answers
        answer = answers.get(self._voice.name) or next(iter(answers.values()))
        self.app.copy_to_clipboard(answer.text)
        self.notify(words.t("chat_screen.copied", voice=self._voice.title))
