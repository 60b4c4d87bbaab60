"""A server as plain lines: where it is and how to ask it, then each request."""

from __future__ import annotations

from typing import Any

from engine.errors import DanluError
from engine.job import Job
from engine.serve.examples import curl_line, python_lines
from engine.serve.key import key_file
from engine.serve.serving import Serving
from engine.words import has, t
from tui.cells import fit, width
from tui.cli.headless import print_line
from tui.serve_line import backend_text, event_line

Event = dict[str, Any]


class ServeLines:
    """Prints one server's lines; nothing where ``quiet``."""

    def __init__(self, serving: Serving, quiet: bool) -> None:
        self.failure: DanluError | None = None
        self._serving = serving
        self._quiet = quiet

    def say(self, text: str) -> None:
        if not self._quiet:
            print_line(text)

    def relay(self, event: Event, job: Job) -> None:
        """Before it serves: its progress and notes, through ``job``."""
        if event["kind"] == "phase":
            job.report(event["name"], event["done"], event["total"], event["unit"])
        elif event["kind"] == "note" and has(event["code"]):
            job.note(event["code"], **event["values"])

    def show_start(self, detached: bool) -> None:
        """Where it serves what, and how to ask it."""
        traffic, plan = self._serving.traffic(), self._serving.plan()
        if plan is None or traffic.url is None:
            return
        self.say(t("serve.at", url=traffic.url))
        facts = [
            ("models", ", ".join(each.name for each in plan.named)),
            ("with", backend_text(plan)),
            ("log", str(self._serving.log_path)),
        ]
        if plan.requires_key:
            facts.append(("key_in", str(key_file(self._serving.path))))
        titles = {name: t(f"serve.{name}") for name, _ in facts}
        longest = max(map(width, titles.values()))
        for name, value in facts:
            self.say(f"  {fit(titles[name], longest)}  {value}")
        folder = self._serving.path if plan.requires_key else None
        asked = (traffic.url, plan.named[0].name, t("serve.question"), folder)
        self.say(f"\n{curl_line(*asked)}\n\n{python_lines(*asked)}\n")
        self.say(t("serve.goes_on" if detached else "serve.ends", name=self._serving.name))

    def show(self, event: Event) -> None:
        """One event while it serves."""
        if event["kind"] == "error":
            self.failure = DanluError(
                event["code"], exit_code=event["exit_code"], **event["values"]
            )
        elif line := event_line(event):
            self.say(line)
