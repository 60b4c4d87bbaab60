"""``danlu login HUB``: keep an access token where the hub's own tools keep it, or forget it."""

from __future__ import annotations

import argparse
import getpass
import json
import sys

from engine.hub.reference import HUB_NAMES, HUBS, Hub
from engine.publish.login import TOKEN_PAGES, account, login, logout
from engine.words import t
from tui.cli.options import add_json
from tui.cli.progress_line import progress_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("hub", metavar="HUB", choices=HUBS, help=t("cli_login.hub"))
    parser.add_argument("--forget", action="store_true", help=t("cli_login.forget"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Ask for the token without showing it, check it and keep it. Without a terminal its first
    line of standard input is the token. Raises DanluError ``publish.*``."""
    if args.forget:
        return _forget(args.hub, as_json=args.json)
    token = _ask(args.hub) if sys.stdin.isatty() else sys.stdin.readline()
    with progress_line() as job:
        found = login(args.hub, token, job)
    if args.json:
        print(json.dumps(found.document(), ensure_ascii=False, indent=1))
        return 0
    print(t("cli_login.done", hub=HUB_NAMES[args.hub], user=found.user))
    if found.overridden:
        print(t("cli_login.overridden", variable=found.overridden))
    return 0


def _forget(hub: Hub, *, as_json: bool) -> int:
    with progress_line() as job:
        logout(hub, job)
    left = account(hub).variable
    if as_json:
        print(json.dumps({"hub": hub, "user": None, "overridden": left}))
        return 0
    print(t("cli_login.forgotten", hub=HUB_NAMES[hub]))
    if left:
        print(t("cli_login.still", variable=left))
    return 0


def _ask(hub: Hub) -> str:
    print(t("cli_login.where", page=TOKEN_PAGES[hub]))
    return getpass.getpass(t("cli_login.prompt", hub=HUB_NAMES[hub]) + " ")
