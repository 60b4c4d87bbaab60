"""``danlu estimate SPEC``: memory, disk and steps of a run, or what would fit. Needs no weights."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import TYPE_CHECKING, Any

from engine import words
from engine.spec.yaml_form import parse_overrides, show_value
from engine.units import human_bytes, human_count, human_duration
from tui.cli.options import add_json, add_set, number_within
from tui.cli.progress_line import progress_line
from tui.cli.table import table
from tui.cli.train import spec_or_recipe
from tui.memory_word import memory_words

if TYPE_CHECKING:
    from engine.job import Job
    from engine.memory.changes import Change
    from engine.memory.estimate import Estimate
    from engine.memory.fit import Fit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help=words.t("cli.spec"))
    parser.add_argument("--card", metavar="CARD", help=words.t("cli_estimate.card"))
    parser.add_argument("--fit", action="store_true", help=words.t("cli_estimate.fit"))
    count = number_within(int, 1, 10**12)
    parser.add_argument("--rows", type=count, metavar="N", help=words.t("cli_estimate.rows"))
    parser.add_argument("--tokens", type=count, metavar="N", help=words.t("cli_estimate.tokens"))
    add_set(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    with progress_line() as job:
        found, fitted = _estimate(arguments, job)
    if arguments.json:
        document = found.document()
        if fitted is not None:
            document["fit"] = fitted.document()
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return 0
    cells = min(100, shutil.get_terminal_size((80, 24)).columns)
    for line in (*_lines(found, cells), *(_fit_lines(fitted, arguments) if fitted else ())):
        print(line)
    return 0


def _estimate(arguments: argparse.Namespace, job: Job) -> tuple[Estimate, Fit | None]:
    """The estimate asked for; with ``--fit`` of the first spec that fits, and the way there."""
    from engine.hardware import machine
    from engine.memory.cards import parse_card
    from engine.memory.estimate import estimate
    from engine.memory.model_config import config_folder

    overrides = parse_overrides(arguments.set)
    card = parse_card(arguments.card) if arguments.card else None
    spec = spec_or_recipe(arguments.spec)
    spec = spec.with_values(overrides) if overrides else spec
    folder = config_folder(spec.model, job)
    sizes: dict[str, Any] = {"max_row_tokens": arguments.tokens, "rows": arguments.rows}
    if not arguments.fit:
        return estimate(spec, folder, machine(), card=card, job=job, **sizes), None
    from engine.memory.fit import fit

    fitted = fit(spec, folder, machine(), card=card, job=job, **sizes)
    return fitted.estimate, fitted


def _lines(found: Estimate, cells: int) -> list[str]:
    lines = [
        words.t(
            "cli_estimate.verdict",
            device=found.device,
            verdict=found.verdict_text,
            required=human_bytes(found.required_bytes),
            free=human_bytes(found.free_bytes),
        ),
        words.t(
            "cli_estimate.shape",
            parameters=human_count(found.parameters),
            trained=human_count(found.trained_parameters),
            length=found.length,
            rows=found.spec.train.per_device_train_batch_size,
        ),
        "",
    ]
    rows = [(item.label, human_bytes(item.bytes), item.why_text) for item in found.items]
    rows.append((words.t("cli_estimate.sum"), human_bytes(found.required_bytes), ""))
    lines += table(
        memory_words(not found.device.startswith("CPU"), "cli_estimate.columns").split("|"),
        rows,
        cells,
    )
    lines += ["", *_plan(found)]
    if found.changes:
        lines += ["", *_change_lines(found.changes, cells, not found.device.startswith("CPU"))]
    return lines


def _plan(found: Estimate) -> list[str]:
    peak = words.t(f"memory.phase.{found.peak_during}")
    lines = [words.t("cli_estimate.peak", phase=peak, bytes=human_bytes(found.allocated_bytes))]
    if found.steps is not None:
        lines.append(words.t("cli_estimate.steps", steps=found.steps))
    if found.seconds is not None:
        time, run = human_duration(found.seconds), found.told_from
        key = "cli_estimate.time_as" if run else "cli_estimate.time_probed"
        lines.append(words.t(key, time=time, run=run))
    lines.append(words.t("cli_estimate.disk", bytes=human_bytes(found.disk_bytes)))
    return lines


def _change_lines(changes: tuple[Change, ...], cells: int, card: bool) -> list[str]:
    rows = [
        (
            words.t(f"cli_estimate.{'fits' if change.fits else 'not_enough'}"),
            ("−" if change.saves_bytes >= 0 else "+") + human_bytes(abs(change.saves_bytes)),
            f"×{change.speed:g}" if change.speed is not None else "",
            change.why_text + " · " + _settings(change.set),
        )
        for change in changes
    ]
    return table(memory_words(card, "cli_estimate.change_columns").split("|"), rows, cells)


def _settings(values: Any) -> str:
    return " ".join(f"--set {path}={show_value(value)}" for path, value in values.items())


def _fit_lines(fitted: Fit, arguments: argparse.Namespace) -> list[str]:
    if not fitted.fits:
        return ["", words.t("cli_estimate.nothing_fits")]
    if not fitted.set:
        return ["", words.t("cli_estimate.fits_as_it_is")]
    settings = _settings(fitted.set)
    return ["", words.t("cli_estimate.first_fit"), f"danlu train {arguments.spec} {settings}"]
