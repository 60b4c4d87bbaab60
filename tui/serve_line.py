"""What happens at a server, one line an event: for the command line and the screen."""

from __future__ import annotations

import time
from functools import reduce
from typing import TYPE_CHECKING, Any

from engine.words import said, sayable, t

if TYPE_CHECKING:
    from engine.serve.plan import Plan

Event = dict[str, Any]


def backend_text(plan: Plan) -> str:
    """Who serves, and who chose it and why."""
    backend = t(f"serve.backend.{plan.backend}")
    if plan.asked:
        return t("serve.chosen.you", backend=backend)
    if not plan.why:  # of a time when none was written down
        return backend
    why = reduce(
        lambda first, second: t("serve.chosen.and", first=first, second=second),
        (each.text() for each in plan.why),
    )
    return t("serve.chosen.danlu", backend=backend, why=why)


def event_line(event: Event) -> str | None:
    """A request, a refusal or a count of vLLM's as one line; None for what is not shown."""
    at = time.strftime("%H:%M:%S", time.localtime(event["time"]))
    kind = event["kind"]
    if kind == "request" and event["finish"] == "error":
        return t("serve.request_failed", time=at, model=event["model"], code=event["code"])
    if kind == "request":
        return t(
            "serve.request",
            time=at,
            model=event["model"],
            prompt=event["prompt_tokens"],
            tokens=event["tokens"],
            pace=f"{event['tokens_per_second']:.1f}",
            finish=t(f"serve.finish.{event['finish']}"),
        )
    if kind == "refused":
        return t("serve.refused", time=at, status=event["status"], code=event["code"])
    if kind == "traffic":
        return t(
            "serve.traffic",
            time=at,
            requests=event["requests"],
            tokens=event["tokens"],
            pace=f"{event['tokens_per_second']:.1f}",
        )
    if kind == "note" and sayable(event["code"], event["values"]):
        return said(event["code"], event["values"])
    return None
