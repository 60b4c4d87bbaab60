"""Which of two answers is better, names hidden: vote, then see who it was and how sure that is."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from engine import words
from engine.chat.conversation import Answer, Turn, said_in
from engine.chat.sampling import Sampling
from engine.chat.votes import Choice, Side, open_ballot
from engine.errors import DanluError
from engine.job import Job
from tui.screens.finding import FindingScreen
from tui.talk import Exchange, Voice
from tui.widgets.chat_input import ChatInput
from tui.widgets.head_line import HeadLine
from tui.widgets.note_line import NoteLine
from tui.widgets.transcript import Transcript, stacked
from tui.widgets.voice_heads import Head, VoiceHeads

if TYPE_CHECKING:
    from engine.chat.talker import Talker
    from tui.wizard.draft import Draft

TICK = 0.125  # seconds between two looks at what is being said
_TYPED = ("vote", "reveal", "undo", "file", "thoughts", "next")  # letters, while nothing is typed


class BlindScreen(FindingScreen):
    """``a`` and ``b`` answer each question; which stands first is drawn for each. The talker is
    lent: who opened this screen closes it."""

    title_key = "blind.title"
    AUTO_FOCUS = "ChatInput"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "keys.chat_stop", id="blind.stop"),
        Binding("escape", "commands", "keys.chat_commands", id="blind.commands"),
        Binding("escape", "back", "keys.back", id="back"),
        Binding("1", "vote('first')", "keys.blind_first", id="blind.first"),
        Binding("2", "vote('second')", "keys.blind_second", id="blind.second"),
        Binding("equals_sign,3", "vote('equal')", "keys.blind_equal", id="blind.equal"),
        Binding("0", "vote('skip')", "keys.blind_skip", id="blind.skip"),
        Binding("enter,i", "next", "keys.blind_next", id="blind.type"),
        Binding("r", "reveal", "keys.blind_reveal", id="blind.reveal"),
        Binding("u", "undo", "keys.blind_undo", id="blind.undo"),
        Binding("f", "file", "keys.blind_file", id="blind.file"),
        Binding("t", "thoughts", "keys.chat_thoughts", id="blind.thoughts"),
    ]

    def __init__(
        self, talker: Talker, a: Voice, b: Voice, sampling: Sampling, system: str = ""
    ) -> None:
        super().__init__()
        self._talker = talker
        self._sides: dict[Side, Voice] = {"a": a, "b": b}
        self._sampling = sampling
        self._system = system
        self._ballot = open_ballot(a.part.label, b.part.label, sampling)
        self._questions: list[list[Any]] = []
        self._messages: list[Any] = []  # what was asked last
        self._turn: Turn | None = None
        self._order: tuple[Side, Side] = ("a", "b")
        self._open = False  # a vote is waited for
        self._exchange: Exchange | None = None
        self._thoughts = False
        self._draft = ""
        self._note = ""

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        entry = ChatInput(self._draft, compact=True)
        return [VoiceHeads(), Transcript(), NoteLine(), entry]

    def show_all(self) -> None:
        tally = self._ballot.tally
        counts = {"votes": tally.votes, "equal": tally.equal, "skipped": tally.skipped}
        right = f"{words.t('blind.votes', **counts)}   {words.language().upper()}"
        self.query_one(HeadLine).show(words.t(self.title_key), right)
        self.query_one(NoteLine).show(self._note)
        left = len(self._questions)
        hint = words.t("blind.ask_next", left=left) if left else words.t("blind.ask")
        entry = self.query_one(ChatInput)
        waiting = "answering" if self._exchange is not None else "vote_first"
        entry.placeholder = words.t(f"blind.{waiting}") if self._open else hint
        self._show_said()
        self.refresh_bindings()

    def _show_said(self) -> None:
        transcript = self.query_one(Transcript)
        titles = {
            side: words.t("blind.answer", number=at) for at, side in enumerate(self._order, 1)
        }
        columns = not stacked(transcript.size.width - 1, 2)
        heads = [Head(title) for title in titles.values()] if columns else []
        self.query_one(VoiceHeads).show(heads if self._turn else [], -1, columns)
        transcript.show(
            [self._turn] if self._turn else [],
            dict(titles),
            thoughts=self._thoughts,
            about=words.t("blind.about").split("\n"),
            pace=False,
        )

    async def retranslate(self) -> None:
        typing = isinstance(self.focused, ChatInput)
        await super().retranslate()
        self.call_after_refresh(self.show_all)
        (self.query_one(ChatInput) if typing else self.query_one(Transcript)).focus()

    # -- questions ---------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_interval(TICK, self._tick)
        self.call_after_refresh(self.show_all)
        if self._talker.target.run is not None:
            self._list(None)

    def _list(self, path: Path | None) -> None:
        """Take the run's own questions one by one, or those of a file."""
        from engine.chat.blind_questions import file_questions, questions_left

        def read() -> list[list[Any]]:
            if path is None:
                return questions_left(self._talker.target.run, Job())
            return file_questions(str(path), Job(), self._system or None)

        self.find(read, self._listed)

    def _listed(self, questions: list[list[Any]]) -> None:
        voted = [repr(vote.messages) for vote in self._ballot.votes]
        self._questions = [each for each in questions if repr(each) not in voted]
        self.show_all()

    def action_file(self) -> None:
        from tui.screens.browse import BrowseScreen

        about = words.t("blind.file_about")
        self.app.push_screen(
            BrowseScreen(Path.cwd(), about, "data"),
            lambda path: self._list(path) if isinstance(path, Path) else None,
        )

    # -- asking ------------------------------------------------------------------------------

    def on_input_changed(self, message: Input.Changed) -> None:
        self._draft = message.value

    def on_input_submitted(self, message: Input.Submitted) -> None:
        if self._open or self._exchange is not None:
            return
        if text := message.value.strip():
            system = [{"role": "system", "content": self._system}] if self._system else []
            self._ask([*system, {"role": "user", "content": text}])
        elif self._questions:
            self._ask(self._questions.pop(0))

    def _ask(self, messages: list[Any]) -> None:
        first = self._ballot.first_side()
        self._order = (first, "b" if first == "a" else "a")
        self._messages, self._note = messages, ""
        self._turn = Turn(said_in(messages), {side: Answer() for side in self._order})
        # In the order they are read: who speaks first must not tell who it is.
        rows = [(self._turn.answers[s], self._sides[s].part, messages) for s in self._order]
        self._exchange = Exchange(self._talker, rows, self._sampling)
        threading.Thread(target=self._exchange.run, daemon=True, name="danlu-blind").start()
        self._open = True
        self.query_one(ChatInput).value = ""
        self.query_one(Transcript).focus()
        self.show_all()

    def _tick(self) -> None:
        if self._exchange is None or self._turn is None:
            return
        self._show_said()
        if self._exchange.ended:
            self._exchange = None
            self._answered(self._turn)
            self.show_all()
            self.query_one(Transcript).scroll_home(animate=False)

    def _answered(self, turn: Turn) -> None:
        """Both have ended. What needs no vote is passed on without one."""
        said = [answer.text.strip() for answer in turn.answers.values()]
        if any(answer.state == "failed" for answer in turn.answers.values()):
            self._open, self._note = False, words.t("blind.failed")
            self.query_one(ChatInput).focus()
        elif said[0] == said[1]:
            self.action_vote("equal")
            self._note = words.t("blind.same")

    def on_unmount(self) -> None:
        if self._exchange is not None:
            self._exchange.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_mounted:
            return True
        typing = isinstance(self.focused, ChatInput)
        if action == "stop":
            return self._exchange is not None
        if action == "edit_last":  # what was voted on stays as it was asked
            return False
        if action == "commands":
            return typing
        if typing and action in _TYPED:
            return False
        if action == "vote":
            return self._open and self._exchange is None
        if action in ("reveal", "undo"):
            return bool(self._ballot.votes) and self._exchange is None
        return action not in ("next", "file") or not self._open

    def action_stop(self) -> None:
        if self._exchange is not None:
            self._exchange.stop()

    def action_commands(self) -> None:
        self.query_one(Transcript).focus()

    def action_next(self) -> None:
        """The next question of the list, unless one was begun to be typed, or none is left."""
        entry = self.query_one(ChatInput)
        if self._questions and not entry.value.strip() and self._exchange is None:
            self._ask(self._questions.pop(0))
        else:
            entry.focus()

    def action_edit_last(self) -> None:
        """A question that was voted on is not edited."""

    def action_page(self, by: int) -> None:
        transcript = self.query_one(Transcript)
        transcript.scroll_relative(y=by * (transcript.size.height - 1), animate=False)

    def action_thoughts(self) -> None:
        self._thoughts = not self._thoughts
        self.show_all()

    def action_vote(self, choice: Choice) -> None:
        if self._turn is None:
            return
        answers = self._turn.answers
        try:
            self._ballot.vote(self._messages, answers["a"].text, answers["b"].text, choice)
        except DanluError as error:
            self.fail(error)
            return
        self._open = False
        self._note = words.t(f"blind.voted_{choice}")
        self.query_one(ChatInput).focus()
        self.show_all()

    def action_undo(self) -> None:
        vote = self._ballot.undo()
        if vote is not None:
            self._order = (vote.first, "b" if vote.first == "a" else "a")
            self._messages, self._open = vote.messages, True
            said: dict[Side, Answer] = {"a": Answer(vote.a, "done"), "b": Answer(vote.b, "done")}
            self._turn = Turn(said_in(vote.messages), {side: said[side] for side in self._order})
            self._note = words.t("blind.undone")
            self.show_all()

    def action_reveal(self) -> None:
        from tui.screens.blind_result import BlindResult

        self._ballot.reveal()
        self.app.push_screen(BlindResult(self._ballot), self._told)

    def _told(self, train: bool | None) -> None:
        from tui.wizard.on_votes import draft_on_votes

        if not train:
            return self.action_back()
        tally = self._ballot.tally
        better = self._sides["a" if tally.a > tally.b else "b"].part
        self.find(lambda: draft_on_votes(self._ballot, better), self._train, self.leave_with)

    def _train(self, draft: Draft) -> None:
        from tui.wizard.flow import open_draft

        app = self.danlu
        self.action_back()
        open_draft(app, draft, "data")
