"""Logging in to a hub: the token is checked and kept by the hub's own tool, where it always is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from engine.errors import DanluError
from engine.hub.child import ChildEnded, run_child
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

    def relay(event: dict[str, Any]) -> None:
        if event["event"] == "failed":
            exit_code = 1 if event["code"] == "publish.token_refused" else 3
            raise DanluError(event["code"], exit_code=exit_code, **event["values"])

    try:
        # By the pipe, not by an argument: arguments can be read by every process here.
        done = run_child("engine.publish.login_worker", {"hub": hub, "token": token}, relay, job)
    except ChildEnded as error:
        raise DanluError(
            "publish.login_failed", exit_code=3, hub=HUB_NAMES[hub], reason=str(error)
        ) from error
    variable = TOKEN_VARIABLES[hub]
    return LoggedIn(hub, done["user"], variable if os.environ.get(variable) else None)
