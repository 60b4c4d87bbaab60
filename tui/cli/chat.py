"""``danlu chat``: questions and streamed answers, line by line, on any terminal or pipe."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from engine.chat.sampling import Sampling
from engine.words import t
from tui.cli.chat_lines import ChatLines, Voices
from tui.cli.options import number_within
from tui.cli.progress_line import progress_line

_DEFAULTS = Sampling(max_new_tokens=512)
_VOICES: dict[str, Voices] = {"tuned": ("tuned",), "base": (None,), "both": (None, "tuned")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help=t("cli_chat.target"))
    add("--prompt", metavar="TEXT", help=t("cli_chat.prompt"))
    add("--system", metavar="TEXT", help=t("cli_chat.system"))
    add("--as", dest="voice", choices=tuple(_VOICES), help=t("cli_chat.as"))
    add("--base-model", metavar="MODEL", help=t("cli_chat.base_model"))
    _add_sampling(parser, "temperature", number_within(float, 0, 10))
    _add_sampling(parser, "top_p", number_within(float, 0, 1))
    _add_sampling(parser, "top_k", number_within(int, 0, 1_000_000))
    _add_sampling(parser, "max_new_tokens", number_within(int, 1, 1_000_000))
    _add_sampling(parser, "repetition_penalty", number_within(float, 0.1, 10))
    add("--seed", type=number_within(int, 0, 2**63 - 1), metavar="N", help=t("cli_chat.seed"))
    add("--json", action="store_true", help=t("cli_chat.json"))
    parser.set_defaults(parser=parser)


def _add_sampling(parser: argparse.ArgumentParser, name: str, kind: Callable[[str], Any]) -> None:
    default = getattr(_DEFAULTS, name)
    parser.add_argument(
        "--" + name.replace("_", "-"),
        type=kind,
        default=default,
        metavar="N",
        help=t(f"cli_chat.{name}", default=default),
    )


def run(args: argparse.Namespace) -> int:
    """Talk until the person leaves. Raises DanluError."""
    if args.json and args.prompt is None:
        args.parser.error(t("cli_chat.json_needs_prompt"))
    from engine.chat.talker import Talker
    from engine.chat.target import resolve_target

    target = resolve_target(args.target, base=args.base_model)
    voices = _VOICES[args.voice or ("tuned" if target.tuned else "base")]
    with progress_line() as job:
        talker = Talker.load(target, job=job)
    sampling = Sampling(**{name: getattr(args, name) for name in vars(_DEFAULTS)})
    lines = ChatLines(talker, sampling, voices, args.system)
    if args.json and args.prompt is not None:
        answers = [lines.answer(args.prompt, voice) for voice in voices]
        print(
            json.dumps(_document(target.label, args.prompt, answers), ensure_ascii=False, indent=2)
        )
        return 0
    if args.prompt is not None:
        lines.ask(args.prompt)
        return 0
    return _talk(lines, target.label)


def _document(target: str, prompt: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """``{target, prompt, answer, answers: [{voice, answer, tokens, seconds, …}]}``; ``answer`` is
    the last voice's."""
    return {
        "target": target,
        "prompt": prompt,
        "answer": answers[-1]["answer"],
        "answers": answers,
    }


def _talk(lines: ChatLines, label: str) -> int:
    """Questions from the terminal, or one a line from a pipe, until the end or ``/quit``."""
    at_terminal = sys.stdin.isatty()
    if at_terminal:
        import readline  # noqa: F401  # lets input() edit a line, Chinese included

        print(t("cli_chat.greeting", target=label), file=sys.stderr)
    while True:
        try:
            text = input("> " if at_terminal else "").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return 0
        if text == "/quit":
            return 0
        if text.startswith("/"):
            lines.command(text)
        elif text:
            lines.ask(text)
