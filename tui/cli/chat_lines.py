"""A conversation on plain lines: who answers, what was said, the commands that change it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import DanluError
from engine.words import keys_below, t
from tui.cli.show_error import show_error

if TYPE_CHECKING:
    from engine.chat.sampling import Sampling
    from engine.chat.talker import Talker

Voice = Literal["tuned"] | None
Voices = tuple[Voice, ...]  # at least one


class ChatLines:
    """One conversation with one talker. Each voice sees its own answers, so that base and tuned can
    be asked the same follow-up questions."""

    def __init__(
        self, talker: Talker, sampling: Sampling, voices: Voices, system: str | None
    ) -> None:
        self._talker = talker
        self._sampling = sampling
        self._voices = voices
        self._system = system
        self._said: dict[Voice, list[dict[str, Any]]] = {}

    def ask(self, text: str) -> None:
        """Stream each voice's answer; Ctrl-C ends one and keeps what was said. An error is shown
        and the conversation goes on."""
        for voice in self._voices:
            if len(self._voices) > 1:
                print(f"[{self._name(voice)}]")
            try:
                self._answer(text, voice, lambda piece: print(piece, end="", flush=True))
            except DanluError as error:
                show_error(error)
                return
            print()
            self._show_pace()

    def answer(self, text: str, voice: Voice) -> dict[str, Any]:
        """One voice's answer and its facts, as JSON has them. Raises DanluError."""
        answer = self._answer(text, voice, lambda piece: None)
        spoken = self._talker.spoken
        facts = {} if spoken is None else vars(spoken)
        rate = spoken.tokens_per_second if spoken else 0.0
        voiced = "tuned" if voice == "tuned" else "base"
        return {"voice": voiced, "answer": answer, **facts, "tokens_per_second": round(rate, 1)}

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
        }
        if name in commands:
            commands[name]()
        else:
            print(t("cli_chat.unknown_command", command=f"/{name}"))

    def _answer(self, text: str, voice: Voice, show: Callable[[str], None]) -> str:
        said = self._said.setdefault(voice, [])
        system = [{"role": "system", "content": self._system}] if self._system else []
        question = {"role": "user", "content": text}
        stream = self._talker.stream([*system, *said, question], self._sampling, voice)
        pieces: list[str] = []
        try:
            for piece in stream:
                pieces.append(piece)
                show(piece)
        except KeyboardInterrupt:
            print(f" [{t('chat.stopped')}]", end="")
        finally:
            stream.close()
        answer = "".join(pieces)
        said += [question, {"role": "assistant", "content": answer}]
        return answer

    def _show_pace(self) -> None:
        spoken = self._talker.spoken
        if spoken and sys.stderr.isatty():
            pace = t(
                "chat.pace",
                tokens=spoken.tokens,
                seconds=spoken.seconds,
                rate=spoken.tokens_per_second,
            )
            print(pace, file=sys.stderr)

    def _name(self, voice: Voice) -> str:
        if self._talker.target.tuned is None:
            return t("chat.plain")
        return t("chat.tuned" if voice == "tuned" else "chat.base")

    def _help(self) -> None:
        print("\n".join(t(key) for key in keys_below("cli_chat.commands")))

    def _new(self) -> None:
        self._said.clear()
        print(t("cli_chat.fresh"))

    def _speak_as(self, voices: Voices) -> None:
        if "tuned" in voices and self._talker.target.tuned is None:
            show_error(DanluError("chat.no_tuned", target=self._talker.target.label))
            return
        self._voices = voices
        name = " + ".join(self._name(voice) for voice in voices)
        print(t("cli_chat.now_as", voice=name))

    def _set_system(self, system: str) -> None:
        self._system = system or None
        self._said.clear()
        print(t("cli_chat.system_set", system=system) if system else t("cli_chat.system_none"))
