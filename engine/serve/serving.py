"""The servers on this machine, each a folder below ``$DANLU_HOME/serving``: start, list, stop."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.child_process import module_command
from engine.errors import DanluError
from engine.home import home
from engine.process_folder import ProcessFolder, new_folder
from engine.runs.atomic import write_atomically
from engine.runs.journal import Event, JournalFollower
from engine.serve.address import is_loopback
from engine.serve.key import keep_key
from engine.serve.plan import Plan
from engine.serve.traffic import Traffic, traffic_of
from engine.serve.transformers_fit import LIBRARIES

PLAN_NAME = "server.json"
_POLL_SECONDS = 0.1
_NEEDED = {"vllm": (), "transformers": LIBRARIES, "danlu": ("starlette", "uvicorn")}


class Serving(ProcessFolder):
    """One server's folder."""

    area = "serve"

    def plan(self) -> Plan | None:
        """What it serves; None when that cannot be read."""
        try:
            return Plan.from_json((self.path / PLAN_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def traffic(self) -> Traffic:
        """What happened so far, as its journal tells. ``gone`` where it ended without a word."""
        died = self.gone()  # asked first: one that ends in between has had its last word
        found = traffic_of(self.path)
        found.mark_gone(died)
        return found


def servings() -> list[Serving]:
    """Every server there is a folder of, the living first, then the newest."""
    found = [Serving(plan.parent) for plan in _root().glob(f"*/{PLAN_NAME}")]
    return sorted(found, key=lambda each: (not each.alive(), -each.path.stat().st_ctime))


def find_serving(name: str | None) -> Serving:
    """The server called ``name``; None is the only one alive. Raises DanluError."""
    there = servings()
    alive = [each for each in there if each.alive()]
    chosen = [each for each in there if each.name == name] if name else alive
    if len(chosen) == 1:
        return chosen[0]
    if not alive:
        raise DanluError("serve.none_alive")
    listed = ", ".join(each.name for each in alive)
    if name:
        raise DanluError("serve.no_such_server", name=name, there=listed)
    raise DanluError("serve.which_server", there=listed)


def start_serving(plan: Plan, key: str | None) -> tuple[Serving, subprocess.Popen[bytes]]:
    """Start a process of its own that serves ``plan``; :func:`wait_until_serving` tells when it
    does. Raises DanluError for a host others reach without a key, and for missing libraries."""
    if key is None and not is_loopback(plan.host):
        raise DanluError("serve.key_needed", host=plan.host)
    missing = [name for name in _NEEDED[plan.backend] if find_spec(name) is None]
    if missing:
        raise DanluError("serve.libraries_missing", packages=" ".join(missing))
    serving = Serving(new_folder(_root(), plan.named[0].name, _remove_if_ended))
    if key is not None:
        keep_key(serving.path, key)
    write_atomically(serving.path / PLAN_NAME, plan.to_json())
    with open(serving.log_path, "ab") as log:
        process = subprocess.Popen(
            module_command("engine.serve.process", str(serving.path)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # neither ctrl+c nor a lost terminal reaches it
        )
    return serving, process


def wait_until_serving(
    serving: Serving,
    process: subprocess.Popen[bytes],
    follower: JournalFollower,
    show: Callable[[Event], None],
) -> Event:
    """Hand each event to ``show`` until it serves; that event. Raises the DanluError it ended
    with."""
    failure: DanluError | None = None
    while True:
        ended = process.poll() is not None
        for event in follower.poll():
            if event["kind"] == "error":
                failure = DanluError(event["code"], exit_code=event["exit_code"], **event["values"])
            show(event)
            if event["kind"] == "status" and event["status"] == "serving":
                return event
        if ended:
            raise failure or DanluError(
                "serve.broke",
                exit_code=3,
                reason=next(iter(serving.last_log_lines(1)), "–"),
                log=serving.log_path,
            )
        time.sleep(_POLL_SECONDS)


def document(serving: Serving) -> dict[str, Any]:
    """``{name, state, url, models, backend, pid, requires_key, folder, log, requests, …}``; numbers
    are plain."""
    plan, traffic = serving.plan(), serving.traffic()
    return {
        "name": serving.name,
        "models": [each.name for each in plan.named] if plan else [],
        "base": plan.model.source if plan else None,
        "backend": plan.backend if plan else None,
        "why": [each.text() for each in plan.why] if plan else [],
        "requires_key": plan.requires_key if plan else None,
        "folder": str(serving.path),
        "log": str(serving.log_path),
        **traffic.document(),
    }


def _root() -> Path:
    return home() / "serving"


def _remove_if_ended(folder: Path) -> None:
    if Serving(folder).gone():
        shutil.rmtree(folder, ignore_errors=True)
