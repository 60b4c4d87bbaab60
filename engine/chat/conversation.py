"""A conversation held with several voices at once, each with its own history; as a page and as
JSON. No torch: any screen may import it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.chat.kept_part import part_document, read_part
from engine.chat.part import Part
from engine.chat.sampling import Sampling, sampling_of
from engine.errors import DanluError
from engine.runs.atomic import write_atomically
from engine.words import t

State = Literal["waiting", "speaking", "done", "stopped", "failed"]
_ENDED = ("done", "stopped", "failed")


@dataclass
class Answer:
    """What one voice says to one question. ``seconds`` are those it spoke itself; ``error`` says
    why it failed."""

    text: str = ""
    state: State = "waiting"
    tokens: int = 0
    seconds: float = 0.0
    error: DanluError | None = None

    @property
    def ended(self) -> bool:
        return self.state in _ENDED

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds > 0 else 0.0

    def document(self) -> dict[str, Any]:
        """``{text, state, tokens, seconds}``."""
        seconds = round(self.seconds, 3)
        return {"text": self.text, "state": self.state, "tokens": self.tokens, "seconds": seconds}


@dataclass
class Turn:
    """One question and the answers to it, by the names of the voices."""

    question: str
    answers: dict[str, Answer]


@dataclass
class Conversation:
    """All turns so far, behind an optional system prompt."""

    system: str = ""
    turns: list[Turn] = field(default_factory=list)

    def messages(self, voice: str, upto: Turn) -> list[dict[str, Any]]:
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

    def hand_over(self, old: str, new: str) -> None:
        """Let the voice ``new`` go on with what ``old`` has said."""
        for turn in self.turns:
            turn.answers = {new if name == old else name: a for name, a in turn.answers.items()}

    def rewind(self, turn: int) -> str:
        """Forget the turn with that number and all after it; returns what it asked."""
        question = self.turns[turn].question
        del self.turns[turn:]
        return question


@dataclass(frozen=True)
class Transcript:
    """A conversation to keep. ``voices`` maps their names to what a person reads, ``parts`` to who
    spoke (none in files that older versions wrote)."""

    title: str
    voices: Mapping[str, str]
    conversation: Conversation
    sampling: Sampling
    parts: Mapping[str, Part] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """``{title, time, system, sampling, voices, parts, turns: [{question, answers: {voice:
        {text, state, tokens, seconds}}}]}``."""
        return {
            "title": self.title,
            "time": round(time.time()),
            "system": self.conversation.system or None,
            "sampling": self.sampling.document(),
            "voices": dict(self.voices),
            "parts": {name: part_document(part) for name, part in self.parts.items()},
            "turns": [
                {
                    "question": turn.question,
                    "answers": {name: said.document() for name, said in turn.answers.items()},
                }
                for turn in self.conversation.turns
            ],
        }

    @property
    def said(self) -> list[Any]:
        """What was said in it, to hold against what stands in a file."""
        shown = self.document()
        return [shown["system"], shown["turns"]]

    def markdown(self) -> str:
        """The conversation as a page, in the current language."""
        lines = [f"# {t('chat.page.title', title=self.title)}", ""]
        if self.conversation.system:
            lines += [f"> {t('chat.page.system')}", ">"]
            lines += [f"> {line}" for line in self.conversation.system.splitlines()]
            lines.append("")
        chosen = [f"{name} {value}" for name, value in self.sampling.document().items()]
        lines += [f"`{' · '.join(chosen)}`", ""]
        for number, turn in enumerate(self.conversation.turns, 1):
            lines += [f"## {number}. {t('chat.page.question')}", "", turn.question, ""]
            for name, answer in turn.answers.items():
                lines += [f"### {self.voices.get(name, name)}", "", answer.text.strip() or "–", ""]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write the page, or with ``.json`` the document. Raises DanluError
        ``chat.cannot_write``."""
        text = self.markdown()
        if path.suffix == ".json":
            text = json.dumps(self.document(), ensure_ascii=False, indent=1) + "\n"
        try:
            write_atomically(path, text)
        except OSError as error:
            reason = error.strerror or error
            raise DanluError("chat.cannot_write", path=path, reason=reason) from error


def read_transcript(path: Path) -> Transcript:
    """A conversation kept as JSON. Raises DanluError ``chat.bad_file``."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        turns = [
            Turn(
                str(turn["question"]),
                {name: _answer(said) for name, said in turn["answers"].items()},
            )
            for turn in kept["turns"]
        ]
        conversation = Conversation(kept.get("system") or "", turns)
        sampling = sampling_of(kept.get("sampling") or {})
        parts = {name: read_part(part) for name, part in kept.get("parts", {}).items()}
        return Transcript(str(kept["title"]), dict(kept["voices"]), conversation, sampling, parts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or error
        kind = t("chat.file.transcript")
        raise DanluError("chat.bad_file", path=path, kind=kind, reason=reason) from error


def _answer(said: Mapping[str, Any]) -> Answer:
    """Each figure as its own type. One that was being said when it was kept has ended."""
    state: State = said["state"] if said["state"] in _ENDED else "stopped"
    return Answer(str(said["text"]), state, int(said["tokens"]), float(said["seconds"]))


def said_in(messages: Iterable[Mapping[str, Any]]) -> str:
    """What is asked by ``messages``, their system prompt left out."""
    return "\n".join(each["content"] for each in messages if each["role"] != "system")
