"""All that is known of a run, in one document: what the page shows and ``--json`` prints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.chat.verify_report import VERIFY_NAME
from engine.evaluate.stored_rows import stored_evaluations
from engine.models.license import license_of
from engine.report.ancestry import averages_with, extensions, lineage_of
from engine.report.choices import Choice, choices_of
from engine.report.curves import Curves, curves_of
from engine.report.data_changes import data_changes_of
from engine.report.proofs import exports_made, verifications_of
from engine.report.rewards import Rewards, rewards_of
from engine.runs.journal import Event, read_journal
from engine.runs.store import Run
from engine.runs.summary import RunSummary
from engine.spec.run_spec import RunSpec
from engine.train.card import read_card

_EVALUATIONS = "evaluations"  # where engine.evaluate.evaluate keeps them, below the run


@dataclass(frozen=True)
class Sample:
    """A watch prompt, what the model said before training and last. None where it was not asked."""

    prompt: str
    before: str | None
    after: str | None
    step: int


@dataclass(frozen=True)
class Facts:
    """A run, read from its folder. ``plan`` is the journal's plan event, ``card`` the run card;
    ``verified`` is one verification with its rows, ``verifications`` the sums of all."""

    run: Run
    spec: RunSpec
    card: dict[str, Any]
    plan: Event
    summary: RunSummary
    curves: Curves
    choices: list[Choice]
    samples: list[Sample]
    verified: dict[str, Any] | None
    verifications: list[dict[str, Any]]
    evaluations: list[dict[str, Any]]
    lineage: list[dict[str, Any]]
    extensions: list[dict[str, Any]]
    exports: list[dict[str, Any]]
    averages: list[dict[str, Any]]
    data_changes: list[dict[str, Any]]
    rewards: Rewards | None
    license: str | None

    @property
    def best_eval(self) -> tuple[float, float] | None:
        """Step and value of the lowest evaluation loss."""
        return min(self.curves.eval_loss, key=lambda point: point[1], default=None)

    @property
    def sources(self) -> list[tuple[str, str | None]]:
        """Each data source and the sha256 of its bytes, None before it was read."""
        prints = self.card.get("data") or {}
        asked = [source.source for source in [*self.spec.data.train, *self.spec.data.eval]]
        return [(name, prints.get(name)) for name in dict.fromkeys(asked)]

    @property
    def seconds(self) -> float | None:
        """From the first to the last event; None before there were any."""
        started, ended = self.summary.started, self.summary.ended
        return None if started is None or ended is None else ended - started

    def document(self) -> dict[str, Any]:
        """The JSON form. Times in unix seconds, sizes in bytes."""
        summary, plan = self.summary, self.plan
        return {
            "run": {
                "name": self.run.name, "path": str(self.run.path), "status": summary.status,
                "step": summary.step, "steps": summary.steps, "epoch": summary.epoch,
                "started": summary.started, "ended": summary.ended, "seconds": self.seconds,
            },
            "model": {
                "source": self.spec.model.source,
                "revision": (self.card.get("model") or {}).get("revision"),
                "origin": (self.card.get("model") or {}).get("origin"),
                "license": self.license,
                "parameters": plan.get("parameters"),
                "trained_parameters": plan.get("trained_parameters"),
                "dtype": plan.get("dtype"), "device": plan.get("device"),
            },
            "method": {"stage": self.spec.method.stage, "tuner": self.spec.method.tuner},
            "data": {
                "sources": [{"source": s, "sha256": digest} for s, digest in self.sources],
                "rows": plan.get("rows"), "eval_rows": plan.get("eval_rows"),
                "changes": self.data_changes,
            },
            "settings": [choice.document() for choice in self.choices],
            "machine": self.card.get("machine"),
            "versions": self.card.get("versions"),
            "losses": {
                "first": self.curves.loss[0][1] if self.curves.loss else None,
                "last": self.curves.loss[-1][1] if self.curves.loss else None,
                "eval": self.curves.eval_loss[-1][1] if self.curves.eval_loss else None,
                "best_eval": self.best_eval[1] if self.best_eval else None,
                "best_eval_step": self.best_eval[0] if self.best_eval else None,
            },
            "rewards": vars(self.rewards) if self.rewards else None,
            "checkpoints": [vars(checkpoint) for checkpoint in summary.checkpoints],
            "samples": [vars(sample) for sample in self.samples],
            "verify": self.verified,
            "verifications": self.verifications,
            "evaluations": self.evaluations,
            "lineage": self.lineage,
            "extensions": self.extensions,
            "exports": self.exports,
            "averages": self.averages,
            "error": summary.error,
            "curves": self.curves.document(),
        }  # fmt: skip


def facts_of(run: Run) -> Facts:
    """Read all of ``run``. Raises DanluError when its spec is broken."""
    spec = run.spec()
    events = read_journal(run.path)
    card = read_card(run.path)
    summary = run.summary()
    folder = (card.get("model") or {}).get("folder")
    return Facts(
        run=run,
        spec=spec,
        card=card,
        plan=next((e for e in reversed(events) if e["kind"] == "plan"), {}),
        summary=summary,
        curves=curves_of(events),
        choices=choices_of(spec, events),
        samples=samples_of(events),
        verified=_verified(run, summary),
        verifications=verifications_of(run),
        evaluations=stored_evaluations(run.path / _EVALUATIONS),
        lineage=lineage_of(card),
        extensions=extensions(run),
        exports=exports_made(run),
        averages=averages_with(run),
        data_changes=data_changes_of(card),
        rewards=rewards_of(events),
        license=license_of(Path(folder)) if folder else None,
    )


def samples_of(events: list[Event]) -> list[Sample]:
    """Each watch prompt with its first untrained and its last answer, in the order of asking."""
    found: dict[str, Sample] = {}
    for event in events:
        if event["kind"] != "sample":
            continue
        prompt, text, step = event["prompt"], event["text"], event["step"]
        known = found.get(prompt, Sample(prompt, None, None, 0))
        found[prompt] = (
            Sample(prompt, text, known.after, known.step)
            if step == 0
            else Sample(prompt, known.before, text, step)
        )
    return list(found.values())


def _verified(run: Run, summary: RunSummary) -> dict[str, Any] | None:
    """The verification of the best checkpoint that has one, else of the last."""
    best = [c.path for c in summary.checkpoints if c.best]
    folders = [run.path / name for name in best] + run.checkpoint_folders()[::-1]
    for folder in folders:
        try:
            document = json.loads((folder / VERIFY_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(document, dict):
            return {**document, "checkpoint": folder.name}
    return None
