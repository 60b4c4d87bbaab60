"""What went wrong while publishing, as danlu's named errors. Nothing of a client's own message is
kept: addresses and tokens may stand in it."""

from __future__ import annotations

from typing import Any

from engine.hub.faults import fault
from engine.hub.reference import Hub
from engine.publish.login import TOKEN_VARIABLES

_NO_TOKEN = ("LocalTokenNotFoundError",)
_NAMED = {
    "hub.unauthorized": "publish.token_refused",
    "hub.gated": "publish.no_permission",
    "hub.not_found": "publish.no_permission",
    "hub.bad_name": "publish.name_refused",
    "hub.busy": "publish.busy",
    "hub.server_error": "publish.server_error",
    "hub.connection_lost": "publish.connection_lost",
    "hub.disk_filled": "publish.disk_filled",
}
_PASSING = ("publish.busy", "publish.server_error", "publish.connection_lost")


def push_fault(error: BaseException, hub: Hub, repo: str) -> tuple[str, dict[str, Any]]:
    """The code and values of the named error for ``error``."""
    if type(error).__name__ in _NO_TOKEN:
        return "publish.no_token_huggingface", {}
    code, values = fault(error, hub, repo, None)
    values |= {"login": hub, "variable": TOKEN_VARIABLES[hub]}
    reason = values.get("reason") or type(error).__name__
    return _NAMED.get(code, "publish.failed"), {**values, "reason": reason}


def is_passing(code: str) -> bool:
    """Whether the same request may go well a moment later."""
    return code in _PASSING
