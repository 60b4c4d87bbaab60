"""``danlu serve``: an OpenAI-compatible server in a process of its own, watched from here."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING

from engine import words
from engine.words import t
from tui.cli.options import add_json

if TYPE_CHECKING:
    from engine.runs.journal import JournalFollower
    from engine.serve.plan import Plan
    from engine.serve.serving import Serving
    from tui.cli.serve_lines import ServeLines

_POLL_SECONDS = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help=t("cli_serve.target"))
    add("--name", action="append", default=[], metavar="NAME=TARGET", help=t("cli_serve.name"))
    add("--base-model", metavar="MODEL", help=t("cli_chat.base_model"))
    add("--host", default="127.0.0.1", help=t("cli_serve.host"))
    add("--port", type=_port, metavar="N", help=t("cli_serve.port"))
    add("--api-key", metavar="KEY|env|new", help=t("cli_serve.api_key"))
    add(
        "--backend",
        choices=("auto", "vllm", "transformers", "danlu"),
        default="auto",
        help=t("cli_serve.backend"),
    )
    add("--detach", action="store_true", help=t("cli_serve.detach"))
    add("--stop", nargs="?", const="", metavar="NAME", help=t("cli_serve.stop"))
    add_json(parser)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(t("cli_serve.not_a_port", text=text))
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until ctrl+c, or until it serves with ``--detach``. Raises DanluError, and
    KeyboardInterrupt where ctrl+c came before it served."""
    if args.stop is not None:
        return _stop(args)
    from engine.runs.journal import JournalFollower
    from engine.serve.key import given_key
    from engine.serve.serving import start_serving
    from tui.cli.serve_lines import ServeLines

    key = given_key(args.api_key)
    if args.api_key not in (None, "env", "new"):
        print(t("serve.key_visible"), file=sys.stderr)
    serving, process = start_serving(_plan(args, key is not None), key)
    lines = ServeLines(serving, quiet=args.json)
    asked = _end_asked()
    follower = JournalFollower(serving.path)
    began = False
    try:
        _begin(serving, process, follower, lines, args)
        began = True
        return 0 if args.detach else _watch(serving, process, follower, lines, asked)
    except KeyboardInterrupt:
        _end(serving, process, lines)
        if began:
            return 0
        raise


def _end_asked() -> threading.Event:
    """Set by ctrl+c, and by SIGTERM as `timeout` sends it. They raise KeyboardInterrupt too, but
    Python drops one that comes while it runs a finaliser."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return asked


def _plan(args: argparse.Namespace, requires_key: bool) -> Plan:
    from engine.chat.target import resolve_target
    from engine.serve.backend import choose_backend
    from engine.serve.plan import Plan, what_to_serve

    model, named = what_to_serve(args.targets, args.name, args.base_model)
    choice = choose_backend(args.backend, model, named)
    for target in args.targets:
        for code, values in resolve_target(target, base=args.base_model).notes:
            print(t(code, **values), file=sys.stderr)
    return Plan(
        model,
        tuple(named),
        host=args.host,
        port=args.port,
        backend=choice.backend,
        asked=choice.asked,
        why=choice.why,
        requires_key=requires_key,
        language=words.language(),
    )


def _begin(
    serving: Serving,
    process: subprocess.Popen[bytes],
    follower: JournalFollower,
    lines: ServeLines,
    args: argparse.Namespace,
) -> None:
    """Wait until it serves and say where."""
    from engine.serve.serving import document, wait_until_serving
    from tui.cli.progress_line import progress_line

    with progress_line() as job:
        wait_until_serving(serving, process, follower, lambda event: lines.relay(event, job))
    if args.json:
        print(json.dumps(document(serving), ensure_ascii=False, indent=1), flush=True)
    else:
        lines.show_start(detached=args.detach)


def _watch(
    serving: Serving,
    process: subprocess.Popen[bytes],
    follower: JournalFollower,
    lines: ServeLines,
    asked: threading.Event,
) -> int:
    """Show requests until the server ends by itself or from elsewhere."""
    while process.poll() is None:
        if asked.is_set():
            raise KeyboardInterrupt
        for event in follower.poll():
            lines.show(event)
        time.sleep(_POLL_SECONDS)
    for event in follower.poll():
        lines.show(event)
    if process.returncode:
        from engine.errors import DanluError

        raise lines.failure or DanluError(
            "serve.broke", exit_code=3, reason=process.returncode, log=serving.log_path
        )
    lines.say(t("serve.ended", name=serving.name))
    return 0


def _end(serving: Serving, process: subprocess.Popen[bytes], lines: ServeLines) -> None:
    """What ctrl+c asks for: the server ends too."""
    lines.say(t("serve.ending"))
    process.terminate()
    try:
        process.wait(30)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
    lines.say(t("serve.ended", name=serving.name))


def _stop(args: argparse.Namespace) -> int:
    from engine.serve.serving import document, find_serving

    serving = find_serving(args.stop or None)
    serving.end()
    if args.json:
        print(json.dumps(document(serving), ensure_ascii=False, indent=1))
    else:
        print(t("serve.ended", name=serving.name))
    return 0
