"""``danlu prune RUN``: delete the checkpoints that a rule does not keep."""

from __future__ import annotations

import argparse
import json

from engine import words
from engine.runs.prune import PrunePlan, PruneRule, plan_prune, prune
from engine.runs.store import find_run
from engine.runs.trash import bring_back, left_behind, remove
from engine.units import human_bytes
from tui.cli.confirm import add_yes, confirm
from tui.cli.options import add_json, number_within


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=words.t("cli_runs.prune_run"))
    parser.add_argument(
        "--keep-last",
        metavar="N",
        type=number_within(int, 0, 10**6),
        default=1,
        help=words.t("cli_runs.keep_last"),
    )
    for name in ("best", "pinned"):
        text = words.t(f"cli_runs.drop_{name}")
        parser.add_argument(f"--drop-{name}", action="store_true", help=text)
    parser.add_argument("--dry-run", action="store_true", help=words.t("cli_runs.dry_run"))
    parser.add_argument("--restore", action="store_true", help=words.t("cli_runs.restore"))
    add_yes(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.restore:
        return _restore(arguments)
    best, pinned = not arguments.drop_best, not arguments.drop_pinned
    plan = plan_prune(find_run(arguments.run), PruneRule(arguments.keep_last, best, pinned))
    if not arguments.json:
        _print(plan)
    done = not arguments.dry_run and bool(plan.drop) and _confirmed(plan, arguments)
    if done:
        remove(prune(plan))
    if arguments.json:
        print(json.dumps({**plan.document(), "done": done}, ensure_ascii=False, indent=1))
    elif done:
        print(words.t("cli_runs.freed", bytes=human_bytes(plan.bytes)))
    return 0


def _confirmed(plan: PrunePlan, arguments: argparse.Namespace) -> bool:
    freed = human_bytes(plan.bytes)
    return confirm(words.t("runs.prune_sure", count=len(plan.drop), bytes=freed), arguments)


def _print(plan: PrunePlan) -> None:
    for name, why in plan.keep.items():
        reasons = ", ".join(words.t(f"runs.{reason}") for reason in why)
        print(words.t("cli_runs.keeps", name=name, why=reasons))
    for name, size in plan.drop.items():
        print(words.t("cli_runs.drops", name=name, bytes=human_bytes(size)))
    if not plan.drop:
        print(words.t("runs.prune_nothing"))


def _restore(arguments: argparse.Namespace) -> int:
    """Bring back what a danlu that ended unexpectedly had set aside of the run."""
    found = [batch for batch in left_behind() if batch.run == arguments.run.rstrip("/")]
    for batch in found[::-1]:
        bring_back(batch)
    names = [name for batch in found for name in batch.names]
    if arguments.json:
        print(json.dumps({"run": arguments.run, "restored": names}, ensure_ascii=False, indent=1))
    elif names:
        print(words.t("cli_runs.restored", names=", ".join(names)))
    else:
        print(words.t("cli_runs.nothing_set_aside", run=arguments.run))
    return 0
