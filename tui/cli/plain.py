"""A run as plain lines: for pipes, logs and screen readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine import words
from engine.runs.journal import Event
from engine.runs.store import Run
from engine.units import human_bytes, human_count, human_duration, human_progress

_STEP_LINES_SECONDS = 2.0
_PHASE_LINES_SECONDS = 5.0


class PlainLines:
    """Turns events into lines for ``write``; steps and progress at most every few seconds."""

    def __init__(self, run: Run, write: Callable[[str], None]) -> None:
        self._run = run
        self._write = write
        self._steps = 0
        self._last_step_line = 0.0
        self._last_phase = ("", 0.0)

    def show(self, event: Event) -> None:
        """Write what ``event`` says, if it is worth a line."""
        handler = getattr(self, f"_{event['kind']}", None)
        if handler:
            handler(event)

    def _plan(self, event: Event) -> None:
        self._steps = event["steps"]
        self._write(
            words.t(
                "plain.plan",
                model=event["model"],
                device=event["device"],
                dtype=event["dtype"],
                trained=human_count(event["trained_parameters"]),
                parameters=human_count(event["parameters"]),
                rows=event["rows"],
                steps=event["steps"],
            )
        )

    def _phase(self, event: Event) -> None:
        name, told = self._last_phase
        new = event["name"] != name
        if not new and event["time"] - told < _PHASE_LINES_SECONDS:
            return
        self._last_phase = (event["name"], event["time"])
        phase = words.t(f"phase.{event['name']}")
        if new or not event.get("total"):
            self._write(words.t("plain.phase", phase=phase))
            return
        where = human_progress(event["done"], event["total"], event["unit"])
        self._write(words.t("plain.phase_done", phase=phase, where=where))

    def _step(self, event: Event) -> None:
        last = event["step"] >= self._steps
        if not last and event["time"] - self._last_step_line < _STEP_LINES_SECONDS:
            return
        self._last_step_line = event["time"]
        self._write(
            words.t(
                "plain.step",
                step=event["step"],
                steps=self._steps or "?",
                epoch=_number(event.get("epoch"), ".2f"),
                loss=_number(event.get("loss"), ".4f"),
                learning_rate=_number(event.get("learning_rate"), ".2e"),
                tokens=_number(event.get("tokens_per_second"), ".0f"),
                left=human_duration(event.get("seconds_left")),
            )
            + _rewards(event)
        )

    def _eval(self, event: Event) -> None:
        loss = _number(event.get("loss"), ".4f")
        told = words.t("plain.eval", step=event["step"], loss=loss)
        self._write(told + _rewards(event.get("metrics") or {}))

    def _checkpoint(self, event: Event) -> None:
        if event.get("deleted"):
            return
        best = words.t("plain.best") if event.get("best") else ""
        size = human_bytes(event["bytes"])
        self._write(words.t("plain.checkpoint", path=event["path"], size=size, best=best))

    def _sample(self, event: Event) -> None:
        text = " ".join(event["text"].split())
        self._write(words.t("plain.sample", step=event["step"], prompt=event["prompt"], text=text))

    def _log(self, event: Event) -> None:
        if event.get("code"):
            self._write(words.said(event["code"], event.get("values") or {}))

    def _command(self, event: Event) -> None:
        self._write(words.t("plain.command", what=words.t(f"command.{event['what']}")))

    def _status(self, event: Event) -> None:
        if event["status"] == "paused":
            self._write(words.t("plain.paused"))


def _rewards(measured: Mapping[str, Any]) -> str:
    """How many pairs are in the right order and how far apart; empty for other stages."""
    if measured.get("reward_accuracy") is None:
        return ""
    share, margin = measured["reward_accuracy"], measured["reward_margin"]
    return words.t("plain.rewards", share=f"{share:.0%}", margin=f"{margin:.3f}")


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def show_start(run: Run, write: Callable[[str], None]) -> None:
    """Which run it is and where it is kept."""
    write(words.t("plain.run", name=run.name))
    write(words.t("plain.folder", path=run.path))


def show_end(run: Run, write: Callable[[str], None]) -> None:
    """How the run ended, where its result is, and what to type next."""
    summary = run.summary()
    result = summary.result
    match summary.status:
        case "finished":
            loss = _number(result.get("loss"), ".4f")
            seconds = human_duration(result.get("seconds"))
            write(words.t("plain.status_finished", seconds=seconds, loss=loss))
        case "stopped" if summary.step:
            write(words.t("plain.status_stopped", step=summary.step))
        case "stopped":
            write(words.t("plain.status_stopped_early"))
        case "failed" | "interrupted":
            write(words.t(f"plain.status_{summary.status}"))
    last = run.last_checkpoint()
    if last is None:
        return
    write(words.t("plain.adapter", path=last))
    write(words.t("plain.next"))
    if summary.status != "finished":
        write(words.t("plain.next_resume", run=run.name))
    write(words.t("plain.next_chat", run=run.name))
    write(words.t("plain.next_verify", run=run.name))
