"""``danlu checkpoints RUN``: what a run saved, and what was exported from it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.models.present import is_present
from engine.runs.answers import Answer, answers_of
from engine.runs.contents import Contents, Exported, Kept, contents_of
from engine.runs.scores import score_document
from engine.runs.store import Run, find_run
from engine.units import human_bytes
from tui.cells import fit, right, width
from tui.cli.options import add_json, add_run
from tui.cli.runs import loss_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    found = find_run(arguments.run)
    contents = contents_of(found)
    if arguments.json:
        print(json.dumps(document(found, contents), ensure_ascii=False, indent=1))
    elif not contents.kept:
        print(words.t("runs.nothing_saved"))
    else:
        _print(contents)
    return 0


def document(run: Run, contents: Contents) -> dict[str, Any]:
    """``{run, path, base: {source, present}, checkpoints: [{name, path, step, loss, eval_loss,
    bytes, kind, best, chosen, pinned, resumable, missing, there, verified, evaluated, answers:
    [{prompt, text, step, before, exact}]}], exports: [{path, format, …}]}``; base is null where
    the run's spec is gone."""
    answers = answers_of(run.path, (kept.checkpoint.step for kept in contents.kept))
    return {
        "run": run.name,
        "path": str(run.path),
        "base": _base(run),
        "checkpoints": [_kept(run, kept, answers) for kept in contents.kept],
        "exports": [_exported(export) for export in contents.exports],
    }


def _base(run: Run) -> dict[str, Any] | None:
    """The model below, and whether it is on this machine."""
    try:
        source = run.spec().model.source
    except DanluError:
        return None
    return {"source": source, "present": is_present(source)}


def _kept(run: Run, kept: Kept, answers: dict[int, list[Answer]]) -> dict[str, Any]:
    checkpoint = kept.checkpoint
    return {
        "name": kept.name,
        "path": str(run.path / kept.name),
        "step": checkpoint.step,
        "loss": checkpoint.loss,
        "eval_loss": checkpoint.eval_loss,
        "bytes": checkpoint.bytes,
        "kind": kept.kind or None,
        "best": checkpoint.best,
        "chosen": kept.chosen,
        "pinned": kept.pinned,
        "resumable": kept.resumable,
        "missing": list(kept.missing),
        "there": kept.there,
        "verified": score_document(kept.score),
        "evaluated": {"data": kept.data, "metrics": dict(kept.metrics)} if kept.data else None,
        "answers": [vars(answer) for answer in answers[checkpoint.step]],
    }


def _exported(export: Exported) -> dict[str, Any]:
    return {
        "path": str(export.folder),
        "format": export.format,
        "quant": export.quant,
        "checkpoint": export.checkpoint,
        "bytes": export.bytes,
        "verified": export.verified,
        "why": list(export.why),
        "pinned": export.pinned,
    }


def _print(contents: Contents) -> None:
    longest = max(width(kept.name) for kept in contents.kept)
    for kept in contents.kept:
        checkpoint = kept.checkpoint
        score = f"{kept.score.right}/{kept.score.questions}" if kept.score else "–"
        cells = [fit(kept.name, longest), right(loss_text(checkpoint.loss), 8)]
        cells += [right(loss_text(checkpoint.eval_loss), 8), right(score, 7)]
        cells += [right(human_bytes(checkpoint.bytes), 9), ", ".join(notes(kept))]
        print("  ".join(cells))
    for export in contents.exports:
        kind = " ".join(part for part in (export.format, export.quant) if part)
        print(f"{kind}  {human_bytes(export.bytes)}  {export.folder}")


def notes(kept: Kept) -> list[str]:
    """What is to be said of a checkpoint, in a word or two each."""
    if not kept.there:
        return [words.t("runs.gone")]
    marks = ("best", kept.checkpoint.best), ("pinned", kept.pinned)
    said = [words.t(f"runs.{name}") for name, holds in marks if holds]
    said += [words.t(f"runs.{kept.kind}")] if kept.kind else []
    if kept.missing:
        return [*said, words.t("cli_runs.missing", files=", ".join(kept.missing))]
    return [*said, words.t("runs.resumable")]
