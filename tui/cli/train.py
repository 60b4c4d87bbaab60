"""``danlu train SPEC``: make a run of a spec or recipe and train it, from a plain model or from the
weights of an earlier training."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine import words
from engine.errors import DanluError
from engine.runs.store import Run, create_run
from engine.spec.nearest import nearest
from engine.spec.run_spec import RunSpec
from engine.spec.yaml_form import parse_overrides, read_spec, to_yaml
from tui.cli.options import add_headless, add_json, add_set, wants_screen
from tui.cli.run_document import run_document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", nargs="?", metavar="SPEC", help=words.t("cli.spec"))
    parser.add_argument("--name", help=words.t("cli.name"))
    parser.add_argument("--from", dest="start", metavar="TARGET", help=words.t("cli_train.from"))
    parser.add_argument("--base-model", metavar="MODEL", help=words.t("cli_chat.base_model"))
    parser.add_argument("--example", action="store_true", help=words.t("cli.example"))
    add_set(parser)
    add_headless(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.example:
        print(to_yaml(RunSpec()), end="")
        return 0
    if not arguments.spec and not arguments.start:
        raise DanluError("spec.none_given", exit_code=2)
    overrides = parse_overrides(arguments.set)
    if arguments.name:
        overrides["run.name"] = arguments.name
    spec = spec_or_recipe(arguments.spec) if arguments.spec else None
    if arguments.start:
        spec = _started_from(arguments, spec)
    assert spec is not None
    if overrides:
        spec = spec.with_values(overrides)
    return train(create_run(spec), arguments)


def _started_from(arguments: argparse.Namespace, spec: RunSpec | None) -> RunSpec:
    """``spec``, or that of the run named, from the weights of ``--from``. Raises DanluError."""
    from engine.chat.target import resolve_target
    from engine.runs.from_weights import spec_from

    target = resolve_target(arguments.start, base=arguments.base_model)
    if spec is None and target.run is None:
        raise DanluError("spec.no_data_for_weights", target=target.label)
    made = spec_from(target, spec)
    if not arguments.json:
        for code, values in target.notes:
            print(words.t(code, **values))
        kind = "adapter" if target.adapter else "model"
        base = target.base.source
        print(words.t(f"cli_train.started_{kind}", target=target.label, base=base))
    return made


def spec_or_recipe(text: str) -> RunSpec:
    """The spec in the file ``text``, or the recipe of that name. Raises DanluError."""
    from engine.recipes import list_recipes, load_recipe

    if not Path(text).exists() and nearest(text, [recipe.name for recipe in list_recipes()]):
        return load_recipe(text)
    return read_spec(Path(text))


def train(made: Run, arguments: argparse.Namespace, resume: bool = False) -> int:
    """Train ``made``: on the screen at a terminal, else as lines or one JSON document."""
    if wants_screen(arguments):
        from tui.open_app import open_app

        return open_app(lambda app: app.start_training(made, resume=resume))
    from tui.cli.headless import no_line, print_line, train_here
    from tui.cli.plain import show_end, show_start

    say = no_line if arguments.json else print_line
    show_start(made, say)
    try:
        code = train_here(made, resume=resume, quiet=arguments.json)
    finally:
        show_end(made, say)
    if arguments.json:
        print(json.dumps(run_document(made), ensure_ascii=False, indent=1))
    return code
