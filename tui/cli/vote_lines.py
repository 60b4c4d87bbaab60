"""A blind comparison on plain lines: both answers, a single key for each vote."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from engine.chat.conversation import Answer
from engine.chat.sampling import Sampling
from engine.chat.votes import Ballot, Choice, Side
from engine.words import t
from tui.cli.one_key import one_key
from tui.cli.show_error import show_error
from tui.talk import Exchange, Voice
from tui.vote_words import interval, percent, verdict

if TYPE_CHECKING:
    from engine.chat.talker import Talker

_CHOICES: dict[str, Choice] = {
    "1": "first", "2": "second", "=": "equal", "3": "equal", "0": "skip", "s": "skip",
}  # fmt: skip
_LEAVE = {"q", ""}
_BAR = 40


class VoteLines:
    """``voices`` are sides a and b."""

    def __init__(
        self,
        talker: Talker,
        voices: tuple[Voice, Voice],
        sampling: Sampling,
        ballot: Ballot,
        system: str | None,
    ) -> None:
        self._talker = talker
        self._sides: dict[Side, Voice] = {"a": voices[0], "b": voices[1]}
        self._sampling = sampling
        self._ballot = ballot
        self._system = system

    def take(self, questions: Iterable[list[Any]]) -> None:
        """Ask what was not voted on yet, one by one; then, at a terminal, what is typed."""
        voted = [repr(vote.messages) for vote in self._ballot.votes]
        left = [messages for messages in questions if repr(messages) not in voted]
        print(t("cli_vote.greeting", left=len(left)), file=sys.stderr)
        for messages in left or self._typed():
            if not self._ask(messages):
                return

    def _typed(self) -> Iterator[list[Any]]:
        from engine.chat.blind_questions import asked

        while sys.stdin.isatty():
            try:
                text = input("> ").strip()
            except (EOFError, KeyboardInterrupt):
                return
            if not text or text == "/quit":
                return
            yield asked(text, self._system)

    def _ask(self, messages: list[Any]) -> bool:
        """Ask both and take the vote; whether to go on."""
        first = self._ballot.first_side()
        order: tuple[Side, Side] = (first, "b" if first == "a" else "a")
        answers: dict[Side, Answer] = {side: Answer() for side in order}
        rows = [(answers[side], self._sides[side].part, messages) for side in order]
        self._show(messages)
        Exchange(self._talker, rows, self._sampling).run()
        errors = [answer.error for answer in answers.values() if answer.error is not None]
        if errors:
            show_error(errors[0])
            return True
        for number, side in enumerate(order, 1):
            said = answers[side].text.strip()
            print(f"[{t('blind.answer', number=number)}]\n{said}\n", file=sys.stderr)
        return self._vote(messages, answers["a"].text, answers["b"].text)

    def _show(self, messages: list[Any]) -> None:
        said = [each["content"] for each in messages if each["role"] != "system"]
        print("\n> " + "\n  ".join(said), file=sys.stderr)

    def _vote(self, messages: list[Any], a: str, b: str) -> bool:
        if a.strip() == b.strip():
            print(t("blind.same"), file=sys.stderr)
            self._ballot.vote(messages, a, b, "equal")
            return True
        while True:
            key = one_key(t("cli_vote.ask"))
            if key in _LEAVE:
                return False
            if key in _CHOICES:
                self._ballot.vote(messages, a, b, _CHOICES[key])
                return True


def result_lines(ballot: Ballot) -> list[str]:
    """Who won how often, the win rate with its interval, where the votes are."""
    tally = ballot.tally
    room = max(len(ballot.a), len(ballot.b))
    lines = [f"{name:<{room}}  {won}" for name, won in ((ballot.b, tally.b), (ballot.a, tally.a))]
    counts = {"votes": tally.votes, "equal": tally.equal, "skipped": tally.skipped}
    lines.append(t("blind.votes", **counts))
    if tally.rate.decided:
        lines.append(f"{interval(tally.rate, _BAR)}  {percent(tally.rate, ballot.b)}")
    return [*lines, verdict(ballot), t("blind.kept", path=ballot.path)]
