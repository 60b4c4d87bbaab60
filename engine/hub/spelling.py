"""What a repository is called on a hub that does not know it by the name that was asked for."""

from __future__ import annotations

from engine.catalogue import datasets, models
from engine.errors import DanluError, Fix
from engine.hub.reference import HUB_NAMES, HUBS, Hub

_NOT_HAD = ("hub.not_found", "hub.gated", "hub.unauthorized")


def called_otherwise(error: DanluError, repo: str, hub: str, kind: str) -> DanluError:
    """``error``, or where the catalogue knows ``repo`` by another name on a hub that may be asked:
    one that says so, with the name as the change that one key applies."""
    if error.code not in _NOT_HAD:
        return error
    for name, other in other_names(repo, kind):
        if hub in ("auto", name) or error.code != "hub.not_found":
            change = {"model.source": other, "model.hub": name} if kind == "model" else None
            command = [Fix("command")] if kind == "model" else []
            fixes = [Fix("take", change), *command, *_login(error)]
            return DanluError(
                "hub.called_otherwise",
                fixes=fixes,
                exit_code=error.exit_code,
                repo=repo,
                other=other,
                hub=HUB_NAMES[name],
                reason=error.what,
                refused=error.values.get("hub"),
                name=name,
            )
    return error


def other_names(repo: str, kind: str) -> list[tuple[Hub, str]]:
    """The hubs on which the catalogue has ``repo`` by another name, and that name."""
    wanted = repo.casefold()
    for entry in models() if kind == "model" else datasets():
        if wanted in (one.casefold() for one in entry.ids.values()):
            return [
                (hub, entry.ids[hub])
                for hub in HUBS
                if hub in entry.ids and entry.ids[hub].casefold() != wanted
            ]
    return []


def _login(error: DanluError) -> list[Fix]:
    return [] if error.code == "hub.not_found" else [Fix("login")]
