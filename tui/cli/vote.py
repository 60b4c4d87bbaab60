"""``danlu vote``: two models answer, names hidden; vote with single keys, then see who it was."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.chat.votes import Ballot, latest_ballot, open_ballot
from engine.errors import DanluError
from engine.words import t
from tui.cli.options import add_json
from tui.cli.progress_line import progress_line
from tui.cli.sampling_options import add_sampling, chosen_sampling
from tui.cli.vote_lines import VoteLines, result_lines
from tui.talk import Voice, new_voice

if TYPE_CHECKING:
    from engine.chat.talker import Talker
    from engine.job import Job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("a", nargs="?", metavar="A", help=t("cli_vote.a"))
    add("b", nargs="?", metavar="B", help=t("cli_vote.b"))
    add("--questions", metavar="DATA", help=t("cli_vote.questions"))
    add("--prompt", action="append", default=[], metavar="TEXT", help=t("cli_vote.prompt"))
    add("--system", metavar="TEXT", help=t("cli_chat.system"))
    add("--order-seed", type=int, metavar="N", help=t("cli_vote.order_seed"))
    add("--preferences", type=Path, metavar="FILE", help=t("cli_vote.preferences"))
    add("--show", action="store_true", help=t("cli_vote.show"))
    add_sampling(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Ask, take votes until the questions or the person end, tell the result. Raises DanluError."""
    ballot = _shown(args) if args.show else _voted(args)
    if args.preferences:
        rows = ballot.export(args.preferences.expanduser())
        print(t("blind.exported", rows=rows, path=args.preferences), file=sys.stderr)
        print(t("cli_vote.train_on", command=_train_on(args)), file=sys.stderr)
    if args.json:
        print(json.dumps(ballot.document(), ensure_ascii=False, indent=2))
    else:
        print("\n".join(result_lines(ballot)))
    return 0


def _voted(args: argparse.Namespace) -> Ballot:
    """Load both, ask, take the votes."""
    from engine.chat.talker import Talker

    sampling = chosen_sampling(args)
    with progress_line() as job:
        talker = Talker.open(args.a, job=job)
        voices = _voices(talker, args.b, job)
        asked = _questions(args, talker, job)
    a, b = (voice.part.label for voice in voices)
    ballot = open_ballot(a, b, sampling, args.order_seed)
    VoteLines(talker, voices, sampling, ballot, args.system).take(asked)
    ballot.reveal()
    return ballot


def _train_on(args: argparse.Namespace) -> str:
    """The command that trains the target on the votes."""
    start = ["--from", args.a] if args.a else []
    rows = f"train={args.preferences}"
    return shlex.join(["danlu", "train", "preference", *start, "--set", rows])


def _shown(args: argparse.Namespace) -> Ballot:
    """What was voted before. Raises DanluError ``chat.never_voted``."""
    a, b = _labels(args.a, args.b)
    found = latest_ballot(a, b)
    if found is None:
        raise DanluError("chat.never_voted", a=a, b=b)
    return found


def _labels(a: str | None, b: str | None) -> tuple[str, str]:
    """The names of both sides, without loading anything."""
    from engine.chat.part import base_part, part_of
    from engine.chat.target import resolve_target

    first = part_of(a)
    second = part_of(b) if b else base_part(resolve_target(a))
    return second.label, first.label


def _voices(talker: Talker, other: str | None, job: Job) -> tuple[Voice, Voice]:
    """The other side, or the base, and the target. Raises DanluError ``chat.same_voice``."""
    from engine.chat.held import same_voice
    from engine.chat.part import part_of

    target = talker.target
    first = talker.part("tuned" if target.tuned else None)
    second = part_of(other) if other else talker.part(None)
    if same_voice(first, second):
        raise DanluError("chat.same_voice", target=target.label)
    talker.add(second, job)
    voice = new_voice(second, ())
    return voice, new_voice(first, (voice,))


def _questions(args: argparse.Namespace, talker: Talker, job: Job) -> list[list[Any]]:
    """Those of the command line, of a file, or the run's own; none where they are typed."""
    from engine.chat.blind_questions import asked, file_questions, run_questions

    given = [asked(prompt, args.system) for prompt in args.prompt]
    if args.questions:
        return given + file_questions(args.questions, job, args.system)
    if given or talker.target.run is None:
        return given
    return run_questions(talker.target.run, job)
