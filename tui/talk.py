"""A conversation held with one or two voices at once, each with its own history."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from engine.chat.sampling import Sampling
    from engine.chat.talker import Talker

VoiceName = Literal["base", "tuned"]
State = Literal["waiting", "speaking", "done", "stopped", "failed"]


@dataclass
class Answer:
    """What one voice says to one question. ``note`` is its pace, or why it failed."""

    text: str = ""
    state: State = "waiting"
    note: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ("done", "stopped", "failed")


@dataclass
class Turn:
    """One question and the answers to it."""

    question: str
    answers: dict[VoiceName, Answer]


@dataclass
class Conversation:
    """All turns so far, behind an optional system prompt."""

    system: str = ""
    turns: list[Turn] = field(default_factory=list)

    def messages(self, voice: VoiceName, upto: Turn) -> list[dict[str, Any]]:
        """What ``voice`` has heard and said before it answers turn ``upto``."""
        said: list[dict[str, Any]] = []
        if self.system:
            said.append({"role": "system", "content": self.system})
        for turn in self.turns:
            answer = turn.answers.get(voice)
            if turn is not upto and (answer is None or not answer.text):
                continue  # a question this voice was not asked, or failed to answer
            said.append({"role": "user", "content": turn.question})
            if turn is upto:
                break
            if answer is not None:
                said.append({"role": "assistant", "content": answer.text})
        return said


class Exchange:
    """One turn being answered, in a thread that only writes into the turn; screens look at it."""

    def __init__(
        self, talker: Talker, conversation: Conversation, turn: Turn, sampling: Sampling
    ) -> None:
        self._talker = talker
        self._conversation = conversation
        self._turn = turn
        self._sampling = sampling
        self._stopped = False
        self.ended = False

    def stop(self) -> None:
        """End the answer under way at its next token; voices still waiting say nothing."""
        self._stopped = True

    def run(self) -> None:
        """Answer with each voice of the turn, the tuned one first: that is the one waited for."""
        try:
            for voice in sorted(self._turn.answers, reverse=True):
                self._answer(voice, self._turn.answers[voice])
        finally:
            self.ended = True

    def _answer(self, voice: VoiceName, answer: Answer) -> None:
        from engine import words
        from engine.errors import DanluError

        if self._stopped:
            answer.state = "stopped"
            return
        answer.state = "speaking"
        started, pieces = time.monotonic(), 0
        try:
            messages = self._conversation.messages(voice, self._turn)
            adapter = "tuned" if voice == "tuned" else None
            for piece in self._talker.stream(
                messages, self._sampling, adapter, stop=lambda: self._stopped
            ):
                answer.text += piece
                pieces += 1
        except DanluError as error:
            answer.state, answer.note = "failed", error.what
            return
        spoken = self._talker.spoken
        tokens = spoken.tokens if spoken else pieces
        seconds = spoken.seconds if spoken else time.monotonic() - started
        pace = tokens / seconds if seconds > 0 else 0.0
        answer.note = words.t("chat_screen.pace", tokens=tokens, pace=f"{pace:.1f}")
        answer.state = "stopped" if self._stopped else "done"
