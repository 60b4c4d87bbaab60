"""``danlu push``: publish a run, a checkpoint or an exported model on a hub."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine.errors import DanluError
from engine.hub.reference import HUBS
from engine.units import human_bytes
from engine.words import LANGUAGES, t
from tui.cli.lasting_job import lasting_job
from tui.cli.options import add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", metavar="TARGET", help=t("cli_push.target"))
    add("repo", metavar="OWNER/NAME", help=t("cli_push.repo"))
    add("--hub", choices=HUBS, default=HUBS[0], help=t("cli_push.hub", default=HUBS[0]))
    add("--public", action="store_true", help=t("cli_push.public"))
    add("--card", choices=LANGUAGES, help=t("cli_push.card"))
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--adapter", action="store_true", help=t("cli_push.adapter"))
    what.add_argument("--merged", metavar="DIR", type=Path, help=t("cli_push.merged"))
    parser.add_argument("--base-model", metavar="MODEL", help=t("cli_chat.base_model"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Publish and say where. Raises DanluError ``publish.*``, ``chat.*``, ``run.*``."""
    from engine.chat.target import resolve_target
    from engine.publish.push import push
    from engine.publish.request import PushRequest, check_repo_id

    with lasting_job(args, args.target, args.repo) as job:
        repo = check_repo_id(args.repo, args.hub)
        target = resolve_target(args.target, base=args.base_model)
        if args.adapter and target.adapter is None:
            raise DanluError("publish.adapter_missing", target=target.label)
        merged = args.merged.expanduser() if args.merged else None
        pushed = push(PushRequest(target, repo, args.hub, args.public, merged, args.card), job)
        job.keep(pushed.document())
    if args.json:
        print(json.dumps(pushed.document(), ensure_ascii=False, indent=1))
        return 0
    print(pushed.url)
    if pushed.sent:
        size = human_bytes(pushed.sent_bytes)
        print(t("cli_push.done", files=len(pushed.sent), size=size))
    else:
        print(t("cli_push.nothing_new"))
    print(t("cli_push.private" if pushed.private else "cli_push.is_public"))
    return 0
