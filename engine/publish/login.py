"""Logging in to a hub: the token is checked and kept by the hub's own tool, where it always is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.hub.caches import huggingface_home, modelscope_home
from engine.hub.child import ChildEnded, Event, run_child
from engine.hub.reference import HUB_NAMES, Hub
from engine.job import Job

TOKEN_VARIABLES: dict[Hub, str] = {
    "modelscope": "MODELSCOPE_API_TOKEN",
    "huggingface": "HF_TOKEN",
}
TOKEN_PAGES: dict[Hub, str] = {
    "modelscope": "https://modelscope.cn/my/myaccesstoken",
    "huggingface": "https://huggingface.co/settings/tokens",
}


@dataclass(frozen=True)
class LoggedIn:
    """Who is logged in where. ``overridden`` is the variable whose token goes before it."""

    hub: Hub
    user: str
    overridden: str | None

    def document(self) -> dict[str, Any]:
        return {"hub": self.hub, "user": self.user, "overridden": self.overridden}


def login(hub: Hub, token: str, job: Job) -> LoggedIn:
    """Check ``token`` with ``hub`` and keep it. Raises DanluError ``publish.*``, Cancelled."""
    token = token.strip()
    if not token:
        raise DanluError("publish.empty_token")
    job.report("login_check")
    # By the pipe, not by an argument: arguments can be read by every process here.
    done = _ask(hub, {"hub": hub, "token": token}, job)
    variable = TOKEN_VARIABLES[hub]
    return LoggedIn(hub, done["user"], variable if os.environ.get(variable) else None)


def logout(hub: Hub, job: Job) -> None:
    """Let the hub's own tool forget its token. Raises DanluError ``publish.*``, Cancelled."""
    _ask(hub, {"hub": hub, "token": None}, job)


def _ask(hub: Hub, request: dict[str, Any], job: Job) -> Event:
    def relay(event: dict[str, Any]) -> None:
        if event["event"] == "failed":
            exit_code = 1 if event["code"] == "publish.token_refused" else 3
            raise DanluError(event["code"], exit_code=exit_code, **event["values"])

    try:
        return run_child("engine.publish.login_worker", request, relay, job)
    except ChildEnded as error:
        raise DanluError(
            "publish.login_failed", exit_code=3, hub=HUB_NAMES[hub], reason=str(error)
        ) from error


@dataclass(frozen=True)
class Account:
    """Whether there is a token for a hub here: kept in ``place`` by its own tool, for ``user`` if
    it notes who that is, or given in ``variable``, which goes first. The token itself is read by
    the hub's clients alone."""

    hub: Hub
    place: Path
    kept: bool
    user: str | None
    variable: str | None


def account(hub: Hub) -> Account:
    """Whether there is a token for ``hub``, asked of files and variables only."""
    name = TOKEN_VARIABLES[hub]
    variable = name if os.environ.get(name) else None
    if hub == "huggingface":
        place = Path(os.environ.get("HF_TOKEN_PATH") or huggingface_home() / "token")
        return Account(hub, place, place.is_file(), None, variable)
    place = modelscope_home() / "credentials" / "cookies"
    try:
        text = (place.parent / "user").read_text(encoding="utf-8")
    except OSError:
        text = ""
    return Account(hub, place, place.is_file(), text.partition(":")[0] or None, variable)
