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
_GONE_WRONG = ("Integrity", "SizeMismatch", "Damaged")
# The clients' own names. (A missing repository answers 401 to whoever has no token.)
_NAMED = {
    "GatedRepoError": "hub.gated",
    "AuthenticationError": "hub.unauthorized",  # ModelScope answers 400 to a login with a bad token
    "RevisionNotFoundError": "hub.no_revision",
    "RepositoryNotFoundError": "hub.not_found",
    "HFValidationError": "hub.bad_name",
}

_LONGEST_WAIT = 900.0  # seconds
Fault = tuple[str, dict[str, Any]]  # an error code below "hub." and its values


def fault(error: BaseException, hub: Hub, repo: str, revision: str | None) -> Fault:
    """The code and values of the named error for ``error``."""
    values: dict[str, Any] = {"hub": HUB_NAMES[hub], "repo": repo}
    chain = _chain(error)
    for each in chain:
        if isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT):
            return "hub.disk_filled", values
        if isinstance(each, PermissionError):
            return "hub.cannot_write", {**values, "file": str(each.filename or "")}
    for each in chain:
        code = _NAMED.get(type(each).__name__)
        if code:
            extra = {"revision": revision or ""} if code == "hub.no_revision" else {}
            return code, {**values, **extra}
    for each in chain:
        status = _status(each)
        if status is not None:
            return _by_status(status, values, revision)
    names = [type(each).__name__ for each in chain]
    if any(sign in name for sign in _GONE_WRONG for name in names):
        return "hub.damaged", values
    lost = any(isinstance(each, ConnectionError | TimeoutError) for each in chain)
    if lost or any(sign in name for sign in _LOST for name in names):
        return "hub.connection_lost", values
    return "hub.failed", {**values, "reason": names[-1]}


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what it came from: the clients wrap what the network said."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__
    return chain


def worth_retrying(code: str) -> bool:
    """Whether the same request may go well a moment later."""
    return code in ("hub.connection_lost", "hub.server_error", "hub.busy", "hub.damaged")


def begins_behind_the_end(error: BaseException) -> bool:
    """Whether the hub has nothing where a partial file was to be gone on with: it is as long as the
    hub's, or longer."""
    return any(_status(each) == 416 for each in _chain(error))


def asked_to_wait(error: BaseException) -> float:
    """Seconds that a busy hub asked to be left alone, at most some minutes; 0 where it did not."""
    for each in _chain(error):
        asked = getattr(each, "retry_after", None)
        if asked is None:
            headers = getattr(getattr(each, "response", None), "headers", None) or {}
            asked = headers.get("Retry-After")
        try:
            return min(_LONGEST_WAIT, max(0.0, float(asked or "")))
        except ValueError:  # none, or a date
            continue
    return 0.0


def _by_status(status: int, values: dict[str, Any], revision: str | None) -> Fault:
    if status == 401:
        return "hub.unauthorized", values
    if status == 403:
        return "hub.gated", values
    if status == 404:
        if revision:
            return "hub.no_revision", {**values, "revision": revision}
        return "hub.not_found", values
    if status == 416:  # a partial file that is longer than the hub's
        return "hub.damaged", values
    if status == 429:
        return "hub.busy", values
    if status >= 500 or status == 408:
        return "hub.server_error", {**values, "status": status}
    return "hub.failed", {**values, "reason": f"HTTP {status}"}


def _status(error: BaseException) -> int | None:
    """The HTTP status an error carries."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return None
