"""What went wrong in a hub's client, as danlu's named errors. No address, header or token is kept:
signed addresses and tokens stand in the clients' own messages."""

from __future__ import annotations

import errno
from typing import Any

from engine.hub.reference import HUB_NAMES, Hub

_LOST = (
    "Timeout",
    "Connect",
    "Network",
    "Protocol",
    "ReadError",
    "ServerDisconnected",
    "Incomplete",
)
_GONE_WRONG = ("Integrity", "SizeMismatch", "Consistency")

Fault = tuple[str, dict[str, Any]]  # an error code below "hub." and its values


def fault(error: BaseException, hub: Hub, repo: str, revision: str | None) -> Fault:
    """The code and values of the named error for ``error``."""
    values: dict[str, Any] = {"hub": HUB_NAMES[hub], "repo": repo}
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "hub.disk_filled", values
    if isinstance(error, PermissionError):
        return "hub.cannot_write", {**values, "file": str(error.filename or "")}
    if name == "GatedRepoError":
        return "hub.gated", values
    if name == "RevisionNotFoundError":
        return "hub.no_revision", {**values, "revision": revision or ""}
    status = _status(error)
    if status is not None:
        return _by_status(status, values, revision)
    if name in ("RepositoryNotFoundError", "NotExistError", "EntryNotFoundError"):
        return "hub.not_found", values
    if name == "HFValidationError":
        return "hub.bad_name", values
    if any(sign in name for sign in _GONE_WRONG):
        return "hub.damaged", values
    if any(sign in name for sign in _LOST) or isinstance(error, ConnectionError | TimeoutError):
        return "hub.connection_lost", values
    return "hub.failed", {**values, "reason": name}


def worth_retrying(code: str) -> bool:
    """Whether the same request may go well a moment later."""
    return code in ("hub.connection_lost", "hub.server_error", "hub.busy", "hub.damaged")


def _by_status(status: int, values: dict[str, Any], revision: str | None) -> Fault:
    if status == 401:
        return "hub.unauthorized", values
    if status == 403:
        return "hub.gated", values
    if status == 404:
        if revision:
            return "hub.no_revision", {**values, "revision": revision}
        return "hub.not_found", values
    if status == 429:
        return "hub.busy", values
    if status >= 500 or status == 408:
        return "hub.server_error", {**values, "status": status}
    return "hub.failed", {**values, "reason": f"HTTP {status}"}


def _status(error: BaseException | None) -> int | None:
    """The HTTP status an error carries, itself or in its cause."""
    for _ in range(4):
        if error is None:
            return None
        for holder in (error, getattr(error, "response", None)):
            status = getattr(holder, "status_code", None)
            if isinstance(status, int):
                # A missing repository answers 401 to whoever has no token.
                return 404 if type(error).__name__ == "RepositoryNotFoundError" else status
        error = error.__cause__
    return None
