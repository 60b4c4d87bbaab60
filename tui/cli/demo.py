"""``danlu demo``: the built-in first fine-tune, start to finish, and the proof that it learned."""

from __future__ import annotations

import argparse
import json

from engine import words
from engine.recipes import load_recipe
from engine.runs.store import Run, create_run
from engine.spec.run_spec import RunSpec
from tui.cli.options import add_headless, add_json, add_set, wants_screen
from tui.cli.run_document import run_document

RECIPE = "identity"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_set(parser)
    add_headless(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from engine.spec.yaml_form import parse_overrides

    spec = demo_spec(parse_overrides(arguments.set))
    made = create_run(spec)
    if wants_screen(arguments):
        from tui.open_app import open_app

        return open_app(lambda app: app.start_training(made))
    return _headless(made, arguments.json)


def demo_spec(overrides: dict[str, object]) -> RunSpec:
    """The identity recipe on the embedded model, named for what it is."""
    return load_recipe(RECIPE).with_values({"run.name": "demo", **overrides})


def _headless(made: Run, as_json: bool) -> int:
    from engine.chat.target import resolve_target
    from engine.chat.verify import verify
    from tui.cli.headless import no_line, print_line, train_here
    from tui.cli.plain import show_end, show_start
    from tui.cli.progress_line import progress_line
    from tui.cli.verify import print_report

    say = no_line if as_json else print_line
    show_start(made, say)
    code = train_here(made, quiet=as_json)
    if code != 0:
        show_end(made, say)
        return code
    say(words.t("plain.verifying"))
    with progress_line() as job:
        report = verify(resolve_target(made.name), job)
    if as_json:
        document = {**run_document(made), "verify": report.document()}
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return 0
    print_report(report)
    show_end(made, print_line)
    return 0
