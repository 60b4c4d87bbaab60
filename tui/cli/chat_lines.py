"""A conversation on plain lines: who answers, what was said, the commands that change it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.chat.conversation import Answer, Conversation, Transcript, Turn
from engine.chat.kept_talks import new_place, save_both
from engine.chat.sampling import Sampling, sampling_of
from engine.errors import DanluError
from engine.units import human_bytes
from engine.words import keys_below, t
from tui.cli.show_error import show_error
from tui.talk import Voice, new_voice

if TYPE_CHECKING:
    from engine.chat.talker import Talker

Voices = tuple[Voice, ...]  # at least one


class ChatLines:
    """One conversation with one talker. Each voice sees its own answers, so that all can be asked
    the same follow-up questions; on lines they answer one after the other."""

    def __init__(
        self, talker: Talker, sampling: Sampling, voices: Voices, conversation: Conversation
    ) -> None:
        self._talker = talker
        self._sampling = sampling
        self._voices = voices
        self._conversation = conversation
        self._heard = {voice.name: voice for voice in voices}

    def ask(self, text: str) -> None:
        """Stream each voice's answer; Ctrl-C ends one and keeps what was said. An error is shown
        and the conversation goes on."""
        turn = self._turn(text)
        for voice in self._voices:
            if len(self._voices) > 1:
                print(f"[{voice.title}]")
            try:
                self._answer(turn, voice, lambda piece: print(piece, end="", flush=True))
            except DanluError as error:
                show_error(error)
                return
            print()
            self._show_pace()

    def answer(self, text: str) -> list[dict[str, Any]]:
        """Each voice's answer and its facts, as JSON has them. Raises DanluError."""
        turn = self._turn(text)
        return [self._document(turn, voice) for voice in self._voices]

    def _document(self, turn: Turn, voice: Voice) -> dict[str, Any]:
        self._answer(turn, voice, lambda piece: None)
        spoken = self._talker.spoken
        facts = {} if spoken is None else vars(spoken)
        rate = spoken.tokens_per_second if spoken else 0.0
        plain = voice.part.kind == "model" and voice is self._voices[0]
        return {
            "voice": "base" if plain else voice.name,
            "label": voice.part.label,
            "answer": turn.answers[voice.name].text,
            **facts,
            "tokens_per_second": round(rate, 1),
        }

    def command(self, text: str) -> None:
        """Do what a line that starts with ``/`` asks."""
        name, _, rest = text[1:].partition(" ")
        commands: dict[str, Callable[[], None]] = {
            "help": self._help,
            "new": self._new,
            "tuned": lambda: self._speak_as(("tuned",)),
            "base": lambda: self._speak_as((None,)),
            "both": lambda: self._speak_as((None, "tuned")),
            "system": lambda: self._set_system(rest.strip()),
            "again": lambda: self._again(rest.strip()),
            "set": lambda: self._set(rest),
            "save": lambda: self._save(rest.strip()),
        }
        if name not in commands:
            print(t("cli_chat.unknown_command", command=f"/{name}"))
            return
        try:
            commands[name]()
        except DanluError as error:
            show_error(error)

    def save(self, path: Path) -> None:
        """Keep the conversation, ``.json`` with every figure. Raises DanluError
        ``chat.cannot_write``."""
        self._transcript().write(path)
        print(t("cli_chat.saved_to", path=path), file=sys.stderr)

    def recall(self) -> None:
        """Say where a conversation that goes on stands: its last question and the answers."""
        turns = self._conversation.turns
        if not turns:
            return
        print(t("cli_chat.goes_on", count=len(turns)), file=sys.stderr)
        print(f"> {turns[-1].question}", file=sys.stderr)
        for voice in self._voices:
            said = turns[-1].answers.get(voice.name)
            if said is not None:
                print(f"[{voice.title}] {said.text}", file=sys.stderr)

    def _transcript(self) -> Transcript:
        titles = {name: voice.title for name, voice in self._heard.items()}
        parts = {name: voice.part for name, voice in self._heard.items()}
        label = self._talker.target.label
        return Transcript(label, titles, self._conversation, self._sampling, parts)

    def _save(self, name: str) -> None:
        """In the form the name ends in; page and JSON in danlu's own folder without one."""
        if name:
            self.save(Path(name).expanduser())
            return
        place = new_place(self._talker.target.label)
        for path in save_both(self._transcript(), place):
            print(t("cli_chat.saved_to", path=path), file=sys.stderr)

    def _turn(self, text: str) -> Turn:
        turn = Turn(text, {voice.name: Answer() for voice in self._voices})
        self._conversation.turns.append(turn)
        return turn

    def _answer(self, turn: Turn, voice: Voice, show: Callable[[str], None]) -> None:
        answer = turn.answers[voice.name]
        messages = self._conversation.messages(voice.name, turn)
        stream = self._talker.stream(messages, self._sampling, voice.part)
        answer.state = "failed"  # until it has ended otherwise
        try:
            for piece in stream:
                answer.text += piece
                show(piece)
            answer.state = "done"
        except KeyboardInterrupt:
            answer.state = "stopped"
            print(f" [{t('chat.stopped')}]", end="")
        finally:
            stream.close()
        spoken = self._talker.spoken
        if spoken is not None:
            answer.tokens, answer.seconds = spoken.tokens, spoken.seconds

    def _show_pace(self) -> None:
        spoken = self._talker.spoken
        if spoken and sys.stderr.isatty():
            pace = t(
                "chat.pace",
                tokens=spoken.tokens,
                seconds=spoken.seconds,
                rate=spoken.tokens_per_second,
                memory=human_bytes(spoken.memory_bytes),
            )
            print(pace, file=sys.stderr)

    def _help(self) -> None:
        print("\n".join(t(key) for key in keys_below("cli_chat.commands")))

    def _new(self) -> None:
        self._conversation.turns.clear()
        print(t("cli_chat.fresh"))

    def _speak_as(self, wanted: tuple[Any, ...]) -> None:
        self._voices = tuple(new_voice(self._talker.part(each), ()) for each in wanted)
        self._heard |= {voice.name: voice for voice in self._voices}
        name = " + ".join(voice.title for voice in self._voices)
        print(t("cli_chat.now_as", voice=name))

    def _again(self, text: str) -> None:
        """The last question once more, or ``text`` in its place."""
        if self._conversation.turns:
            question = self._conversation.rewind(len(self._conversation.turns) - 1)
            self.ask(text or question)

    def _set(self, text: str) -> None:
        """Change a setting, if one is named; tell all."""
        name, _, value = text.strip().replace("=", " ").partition(" ")
        if name:
            self._sampling = sampling_of({name.replace("-", "_"): value.strip()}, self._sampling)
        now = self._sampling.document().items()
        said = [f"{each} {'–' if chosen is None else chosen}" for each, chosen in now]
        print(" · ".join(said))

    def _set_system(self, system: str) -> None:
        self._conversation = Conversation(system)
        print(t("cli_chat.system_set", system=system) if system else t("cli_chat.system_none"))
