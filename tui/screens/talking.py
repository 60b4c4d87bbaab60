"""A screen with a loaded model and voices on it: adds and removes them, hears what is said."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from engine.chat.sampling import CHAT_DEFAULT
from engine.errors import DanluError
from engine.job import Cancelled, Job
from engine.units import human_amount
from tui.opening import begin, open_again, ready
from tui.screens.finding import FindingScreen
from tui.talk import Answer, Exchange, Voice, new_voice
from tui.widgets.job_bar import JobBar

if TYPE_CHECKING:
    from engine.chat.conversation import Transcript
    from engine.chat.part import Part
    from engine.chat.talker import Talker

TICK = 0.125  # seconds between two looks at what is being said


class TalkingScreen(FindingScreen):
    """Subclasses give :meth:`show_all` and are told by :meth:`voices_changed`."""

    DEFAULT_CSS = """
    TalkingScreen JobBar { display: none; }
    TalkingScreen.-loading JobBar { display: block; }
    """

    class Loaded(Message):
        """The first voices are ready, or why they are not."""

        def __init__(
            self, talker: Talker | None, voices: Sequence[Voice], error: DanluError | None = None
        ) -> None:
            super().__init__()
            self.talker, self.voices, self.error = talker, voices, error

    class Reopened(Loaded):
        """Those of a saved conversation are ready, or why they are not."""

        def __init__(
            self,
            kept: Transcript,
            talker: Talker | None,
            voices: Sequence[Voice] = (),
            error: DanluError | None = None,
        ) -> None:
            super().__init__(talker, voices, error)
            self.kept = kept

    class Added(Message):
        """One more voice is ready, or why it is not."""

        def __init__(self, voice: Voice | None, error: DanluError | None = None) -> None:
            super().__init__()
            self.voice, self.error = voice, error

    def __init__(self, target: str, kept: Transcript | None = None) -> None:
        """``kept`` is a conversation that goes on."""
        super().__init__()
        self._target = target
        self._kept = kept
        self._talker: Talker | None = None
        self._job: Job | None = Job()
        self._voices: list[Voice] = []
        self._exchange: Exchange | None = None
        self._sampling = CHAT_DEFAULT

    # -- for subclasses ----------------------------------------------------------------------

    def show_all(self) -> None:
        """Bring every part of the screen up to date."""

    def show_said(self) -> None:
        """Bring what is being said up to date."""

    def voices_changed(self) -> None:
        """A voice came or went, or the model is loaded."""

    def goes_on(self, kept: Transcript) -> None:
        """The voices are those of ``kept`` now."""

    # -- loading -----------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_interval(TICK, self._tick)
        self.call_after_refresh(self.show_all)
        self.run_worker(self._load, thread=True, exit_on_error=False, group="load")

    def _load(self) -> None:
        """In a thread: resolve the target, load the model."""
        job = self._job or Job()
        try:
            if self._kept is not None:
                talker, voices = open_again(self._kept, None, job)
            else:
                talker, voices = begin(self._target, job)
        except DanluError as error:
            self.post_message(self.Loaded(None, (), error))
        except Cancelled:
            return
        else:
            if job.cancelled or not self.post_message(self.Loaded(talker, voices)):
                talker.close()

    def on_talking_screen_loaded(self, message: Loaded) -> None:
        self._job = self._kept = None
        if message.talker is None:
            self.app.pop_screen()
            if message.error is not None:
                self.fail(message.error)
            return
        self._talker = message.talker
        self._voices = list(message.voices)
        self.voices_changed()

    def reopen(self, kept: Transcript) -> None:
        """Make those of a saved conversation ready in a thread, in the place of those here."""
        if self._job is None:
            self.action_stop()
            self._job, self._kept = Job(), kept
            work = lambda: self._reopen(kept)  # noqa: E731
            self.run_worker(work, thread=True, exit_on_error=False, group="load")
            self.show_all()

    def _reopen(self, kept: Transcript) -> None:
        try:
            talker, voices = open_again(kept, self._talker, self._job or Job())
            self.post_message(self.Reopened(kept, talker, voices))
        except DanluError as error:
            self.post_message(self.Reopened(kept, None, error=error))
        except Cancelled:
            return

    def on_talking_screen_reopened(self, message: Reopened) -> None:
        self._job = self._kept = None
        if message.talker is None:
            if message.error is not None:
                self.fail(message.error)
            return
        if self._talker is not None and self._talker is not message.talker:
            threading.Thread(target=self._talker.close, daemon=True).start()
        self._talker = message.talker
        self._voices = list(message.voices)
        self.goes_on(message.kept)

    def add_voice(self, part: Part) -> None:
        """Make ``part`` ready in a thread, and then a voice of it."""
        if self._talker is not None and self._job is None:
            self._job = Job()
            self.run_worker(lambda: self._add(part), thread=True, exit_on_error=False, group="load")
            self.show_all()

    def _add(self, part: Part) -> None:
        talker, job = self._talker, self._job
        if talker is None or job is None:
            return
        try:
            voice = new_voice(part, self._voices, ready(talker, part, job))
            self.post_message(self.Added(voice))
        except DanluError as error:
            self.post_message(self.Added(None, error))
        except Cancelled:
            self.post_message(self.Added(None))

    def on_talking_screen_added(self, message: Added) -> None:
        self._job = None
        if message.voice is not None:
            self._voices.append(message.voice)
            self.voices_changed()
        elif message.error is not None:
            self.fail(message.error)
        self.show_all()

    def remove_voice(self, voice: Voice) -> None:
        """Do without a voice; a model that no other stands on gives its memory back."""
        self._voices.remove(voice)
        talker, parts = self._talker, [each.part for each in self._voices]
        if talker is not None:
            threading.Thread(target=talker.keep_only, args=(parts,), daemon=True).start()
        self.voices_changed()

    def on_unmount(self) -> None:
        if self._job is not None:
            self._job.cancel()
        if self._exchange is not None:
            self._exchange.stop()
        if self._talker is not None:
            # It waits for the token under way, which the screen does not.
            threading.Thread(target=self._talker.close, daemon=True).start()

    # -- speaking ----------------------------------------------------------------------------

    @property
    def _speaking(self) -> bool:
        return self._exchange is not None and not self._exchange.ended

    def let_answer(self, asked: Sequence[tuple[Answer, Part, list[dict[str, object]]]]) -> None:
        """Fill the answers, in a thread, all at once."""
        if self._talker is not None:
            self._exchange = Exchange(self._talker, asked, self._sampling)
            threading.Thread(target=self._exchange.run, daemon=True, name="danlu-chat").start()

    def _tick(self) -> None:
        self.set_class(self._job is not None, "-loading")
        if self._job is not None:
            self.query_one(JobBar).show(self._job, self.loading_hint())
        if self._exchange is not None:
            self.show_said()
            if self._exchange.ended:
                self._exchange = None
                self.show_all()
                self.refresh_bindings()

    def loading_hint(self) -> str:
        """What stands behind the bar while a model is being loaded."""
        return ""

    def action_stop(self) -> None:
        if self._exchange is not None:
            self._exchange.stop()

    def shown_sampling(self) -> str:
        """The sampling in a few words."""
        chosen = self._sampling
        parts = [f"T {chosen.temperature:g}"]
        parts += [f"top-p {chosen.top_p:g}"] if chosen.top_p < 1 else []
        parts += [f"top-k {chosen.top_k}"] if chosen.top_k else []
        return " · ".join([*parts, human_amount(chosen.max_new_tokens, "tokens")])
