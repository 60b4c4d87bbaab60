"""The voices of a conversation, and one question being answered by all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import words
from engine.chat.conversation import Answer, Conversation, Turn
from engine.chat.part import Part
from engine.units import human_bytes
from tui.wizard.names import bare_model_name

if TYPE_CHECKING:
    from engine.chat.sampling import Sampling
    from engine.chat.talker import Footprint, Talker
    from engine.chat.together import Pace
    from engine.errors import DanluError

__all__ = ["Answer", "Conversation", "Exchange", "Turn", "Voice", "new_voice"]

MOST_VOICES = 4


@dataclass(frozen=True)
class Voice:
    """One who answers: ``name`` is its own in a conversation, ``footprint`` what it holds in
    memory."""

    name: str
    part: Part
    footprint: Footprint | None = None

    @property
    def title(self) -> str:
        """What a person reads above its answers."""
        label = bare_model_name(self.part.label)
        if self.part.kind == "model":
            return label
        return f"{words.t(f'chat.{self.part.kind}')} {words.t('chat.of', label=label)}"

    @property
    def short(self) -> str:
        """What a person reads on its tab."""
        return words.t("chat.base") if self.part.kind == "base" else self.part.label

    @property
    def memory(self) -> str:
        """What it takes: its model's weights, or its adapter's on a model that is shared."""
        if self.footprint is None:
            return ""
        own = human_bytes(self.footprint.adapter_bytes) if self.footprint.adapter_bytes else ""
        model = human_bytes(self.footprint.model_bytes)
        return f"{model} + {own}" if own else model

    def facts(self, answer: Answer | None) -> str:
        """The pace of its last answer, and what it holds in memory."""
        pace = answer.tokens_per_second if answer else 0.0
        rate = words.t("chat_screen.rate", pace=f"{pace:.1f}") if pace else ""
        return " · ".join(part for part in (rate, self.memory) if part)


def new_voice(part: Part, beside: Sequence[Voice], footprint: Footprint | None = None) -> Voice:
    """A voice for ``part`` whose name none of those ``beside`` has."""
    taken = {voice.name for voice in beside}
    plain = part.label if part.kind == "model" or part.kind in taken else part.kind
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain} {number}", number + 1
    return Voice(name, part, footprint)


class Exchange:
    """One question being answered, in a thread that only writes into the answers; screens look at
    them. ``asked`` are the answer to fill, who gives it, and the messages before it."""

    def __init__(
        self,
        talker: Talker,
        asked: Sequence[tuple[Answer, Part, list[dict[str, Any]]]],
        sampling: Sampling,
    ) -> None:
        self._talker = talker
        self._asked = asked
        self._sampling = sampling
        self._stopped = False
        self.ended = False

    def stop(self) -> None:
        """End all answers under way at their next token."""
        self._stopped = True

    def run(self) -> None:
        """Answer with all voices, a token of each in turn."""
        from engine.chat.together import answer_together

        try:
            parts = [(part, messages) for _, part, messages in self._asked]
            answer_together(self._talker, parts, self._sampling, self, lambda: self._stopped)
        finally:
            for answer, _, _ in self._asked:
                if not answer.ended:
                    answer.state = "stopped"
            self.ended = True

    def said(self, voice: int, piece: str, pace: Pace) -> None:
        answer = self._asked[voice][0]
        answer.state = "speaking"
        answer.text += piece
        answer.tokens, answer.seconds = pace.tokens, pace.seconds

    def ended_voice(self, voice: int, pace: Pace, error: DanluError | None) -> None:
        answer = self._asked[voice][0]
        answer.tokens, answer.seconds, answer.error = pace.tokens, pace.seconds, error
        if error is not None:
            answer.state = "failed"
        else:
            answer.state = "stopped" if self._stopped else "done"
