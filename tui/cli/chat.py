"""``danlu chat``: questions and streamed answers, line by line, on any terminal or pipe."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.chat.conversation import Conversation, Transcript, read_transcript
from engine.chat.kept_talks import delete_talk, find_talk, kept_talks
from engine.chat.sampling import CHAT_DEFAULT
from engine.words import t
from tui.cli.chat_lines import ChatLines, Voices
from tui.cli.confirm import add_yes, confirm
from tui.cli.progress_line import progress_line
from tui.cli.sampling_options import add_sampling, chosen_sampling
from tui.talk import MOST_VOICES, new_voice

if TYPE_CHECKING:
    from engine.chat.talker import Talker

_AS = ("tuned", "base", "both")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help=t("cli_chat.target"))
    add("--prompt", metavar="TEXT", help=t("cli_chat.prompt"))
    add("--system", metavar="TEXT", help=t("cli_chat.system"))
    add("--as", dest="voice", choices=_AS, help=t("cli_chat.as"))
    add("--beside", action="append", default=[], metavar="TARGET", help=t("cli_chat.beside"))
    add("--base-model", metavar="MODEL", help=t("cli_chat.base_model"))
    add("--open", metavar="FILE", help=t("cli_chat.open"))
    add("--saved", action="store_true", help=t("cli_chat.saved"))
    add("--delete", action="append", default=[], metavar="FILE", help=t("cli_chat.delete"))
    add_yes(parser)
    add("--save", metavar="FILE", type=_transcript_file, help=t("cli_chat.save"))
    add_sampling(parser)
    add("--json", action="store_true", help=t("cli_chat.json"))
    parser.set_defaults(parser=parser)


def run(args: argparse.Namespace) -> int:
    """Talk until the person leaves. Raises DanluError."""
    if args.saved:
        return _list_saved(args.json)
    if args.delete:
        return _delete(args)
    if args.json and args.prompt is None:
        args.parser.error(t("cli_chat.json_needs_prompt"))
    kept = read_transcript(find_talk(args.open)) if args.open else None
    sampling = chosen_sampling(args, kept.sampling if kept else CHAT_DEFAULT)
    talker, voices = _ready(args, kept)
    conversation = kept.conversation if kept else Conversation()
    conversation.system = conversation.system if args.system is None else args.system
    lines = ChatLines(talker, sampling, voices, conversation)
    if args.json and args.prompt is not None:
        answers = lines.answer(args.prompt)
        document = _document(talker.target.label, args.prompt, answers)
        print(json.dumps(document, ensure_ascii=False, indent=2))
    elif args.prompt is not None:
        lines.ask(args.prompt)
    else:
        _talk(lines, talker.target.label)
    if args.save:
        lines.save(args.save)
    return 0


def _ready(args: argparse.Namespace, kept: Transcript | None) -> tuple[Talker, Voices]:
    """The models loaded, and who answers. Raises DanluError."""
    from engine.chat.part import part_of
    from engine.chat.talker import Talker
    from tui.opening import open_again, take_over

    others = [part_of(text) for text in args.beside]
    with progress_line() as job:
        if kept is not None and args.target is None:
            talker, found = open_again(kept, None, job)
            voices = _voices(talker, args.voice) if args.voice else tuple(found)
        else:
            talker = Talker.open(args.target, args.base_model, job)
            voices = _voices(talker, args.voice or ("tuned" if talker.target.tuned else "base"))
        for part in others[: MOST_VOICES - len(voices)]:
            voices = (*voices, new_voice(part, voices, talker.add(part, job)))
        system = talker.target.system
        if (
            talker.target.run
            and system
            and not (args.system or (kept and kept.conversation.system))
        ):
            job.note("foreign.system", system=system)
    if kept is not None:
        take_over(kept, voices)
    return talker, voices


def _list_saved(as_json: bool) -> int:
    talks = kept_talks()
    if as_json:
        print(json.dumps([talk.document() for talk in talks], ensure_ascii=False, indent=2))
        return 0
    for talk in talks:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(talk.time))
        print(f"{day}  {talk.path.stem}  {talk.turns}  {' '.join(talk.asked.split())[:60]}")
    if not talks:
        print(t("cli_chat.no_saved"))
    return 0


def _delete(args: argparse.Namespace) -> int:
    """Raises DanluError ``chat.no_such_talk``, ``chat.bad_file``, ``run.not_confirmed``."""
    files = [find_talk(text) for text in dict.fromkeys(args.delete)]
    names = ", ".join(file.stem for file in files)
    if not confirm(t("cli_chat.delete_sure", names=names), args):
        return 0
    for file in files:
        delete_talk(file)
    if args.json:
        print(json.dumps({"deleted": list(map(str, files))}, ensure_ascii=False, indent=1))
    else:
        print(t("cli_chat.deleted", names=names))
    return 0


def _voices(talker: Talker, chosen: str) -> Voices:
    """Base, tuned or both, the tuned one last."""
    if chosen == "base":
        return (new_voice(talker.part(None), ()),)
    tuned = new_voice(talker.part("tuned"), ())
    return (new_voice(talker.part(None), ()), tuned) if chosen == "both" else (tuned,)


def _transcript_file(text: str) -> Path:
    path = Path(text).expanduser()
    if path.suffix not in (".md", ".json"):
        raise argparse.ArgumentTypeError(t("cli_verify.not_a_report", text=text))
    return path


def _document(target: str, prompt: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """``{target, prompt, answer, answers: [{voice, answer, tokens, seconds, …}]}``; ``answer`` is
    the last voice's."""
    return {
        "target": target,
        "prompt": prompt,
        "answer": answers[-1]["answer"],
        "answers": answers,
    }


def _talk(lines: ChatLines, label: str) -> None:
    """Questions from the terminal, or one a line from a pipe, until the end or ``/quit``."""
    at_terminal = sys.stdin.isatty()
    if at_terminal:
        import readline  # noqa: F401  # lets input() edit a line, Chinese included

        print(t("cli_chat.greeting", target=label), file=sys.stderr)
    lines.recall()
    while True:
        try:
            text = input("> " if at_terminal else "").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if text == "/quit":
            return
        if text.startswith("/"):
            lines.command(text)
        elif text:
            lines.ask(text)
