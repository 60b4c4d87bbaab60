"""The process that logs in (run as a module), one request as in :mod:`engine.hub.child_side`:
``{hub, token}``; it says ``done`` {user} or ``failed``. The hubs' own clients check the token and
write it into their own stores, readable by its owner alone. Without a token they forget theirs.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from engine.hub.child_side import Say, leave, serve
from engine.hub.faults import fault
from engine.hub.reference import HUB_NAMES, Hub
from engine.publish.login import TOKEN_VARIABLES

_KEPT = {
    "publish.token_refused": ("hub.unauthorized", "hub.gated", "hub.not_found"),
    "publish.busy": ("hub.busy",),
}


def main() -> int:
    """Serve one request. Returns 0 when the token is kept, else 3."""
    os.umask(0o077)  # whatever a client of another version writes, it is for its owner alone
    return serve(_log_in, _name)


def _log_in(request: dict[str, Any], say: Say) -> None:
    if request["token"] is None:
        _log_out(request["hub"])
        say("done")
        return
    if request["hub"] == "modelscope":
        from modelscope_hub import HubApi

        user = HubApi().login(request["token"]).username
    else:
        from huggingface_hub import HfApi, login

        login(token=request["token"], add_to_git_credential=False, skip_if_logged_in=False)
        user = HfApi().whoami(token=request["token"])["name"]
    say("done", user=str(user or ""))


def _log_out(hub: Hub) -> None:
    if hub == "modelscope":
        from modelscope_hub import HubApi

        HubApi().logout()
        return
    from huggingface_hub import logout

    # It says so when a variable still holds one; danlu tells that itself.
    with contextlib.suppress(OSError):
        logout()


def _name(error: Exception, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    code, values = fault(error, request["hub"], "", None)
    named = next((name for name, codes in _KEPT.items() if code in codes), "publish.login_failed")
    reason = values.get("reason") or type(error).__name__
    hub: Hub = request["hub"]
    told = {"hub": HUB_NAMES[hub], "login": hub, "variable": TOKEN_VARIABLES[hub]}
    return named, {**told, "reason": reason}


if __name__ == "__main__":
    leave(main())
