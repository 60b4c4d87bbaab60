"""Time limits for Hugging Face's client, which sets none of its own: on a line that has gone dead
it would wait for ever. Imports huggingface_hub: only processes of the hubs' clients call it."""

from __future__ import annotations

from typing import Any

# Seconds of silence. A hub takes its time to answer once all of a file is there.
_SILENCE = {"connect": 20.0, "read": 60.0, "write": 60.0}
_SILENCE_ASKED = {**_SILENCE, "read": 20.0}


def limit_waiting() -> None:
    """From now on each request fails after such a silence; limits a call asks for hold."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    def limited() -> Any:
        client = default_client_factory()
        hooks = client.event_hooks
        client.event_hooks = {**hooks, "request": [*hooks["request"], _limit]}
        return client

    set_client_factory(limited)


def _limit(request: Any) -> None:
    asked = request.extensions.get("timeout", {})
    limits = _SILENCE_ASKED if request.method in ("GET", "HEAD") else _SILENCE
    for part, seconds in limits.items():
        if asked.get(part) is None:
            asked[part] = seconds
    request.extensions["timeout"] = asked
