"""The process that searches one hub (run as a module), one request as in
:mod:`engine.hub.child_side`: ``{hub, kind, word, repo, limit}``, where ``repo`` is an id to be
looked at whatever the search finds, or null.

Events: ``offers`` {offers: [{repo, …}]}: what was found, as the fields of an Offer; then ``offer``
{…} for each of them as soon as its files were looked at; ``done``, ``failed`` {code, values}.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from engine.hub.child_side import Say, leave, serve
from engine.hub.choose import choose, is_safetensors
from engine.hub.faults import fault
from engine.hub.worker import side_of

_AT_ONCE = 4  # repositories
_SAID_OF = ("hub.not_found", "hub.gated", "hub.unauthorized", "hub.no_revision", "hub.bad_name")


def main() -> int:
    """Serve one request. Returns 0 when the hub answered, else 3."""
    return serve(_search, lambda error, asked: fault(error, asked["hub"], asked["word"], None))


def _search(request: dict[str, Any], say: Say) -> None:
    listed = _modelscope if request["hub"] == "modelscope" else _huggingface
    found = {offer["repo"]: offer for offer in listed(request)} if request["word"] else {}
    exact = request["repo"]
    if exact and exact not in found:
        found = {exact: {"repo": exact}, **found}
    if found:
        say("offers", offers=list(found.values()))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        looks = [pool.submit(_look, request, offer) for offer in found.values()]
        for look in as_completed(looks):
            say("offer", **look.result())
    say("done")


def _huggingface(request: dict[str, Any]) -> list[dict[str, Any]]:
    from huggingface_hub import HfApi

    from engine.hub.huggingface_side import about

    api, word, limit = HfApi(), request["word"], request["limit"]
    if request["kind"] == "dataset":
        listed = api.list_datasets(search=word, limit=limit, sort="downloads")
    else:
        listed = api.list_models(search=word, limit=limit, sort="downloads")
    return [{"repo": info.id, **about(info)} for info in listed]


def _modelscope(request: dict[str, Any]) -> list[dict[str, Any]]:
    from modelscope_hub import HubApi

    page = HubApi().list_repos(
        request["kind"], search=request["word"], page_size=request["limit"], sort="downloads"
    )
    return [
        {
            "repo": f"{info.owner}/{info.name}",
            "license": info.license or None,
            "gated": info.gated,
            "downloads": info.downloads,
        }
        for info in page.items
    ]


def _look(request: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """``known`` and what the repository's list of files tells."""
    asked = {**request, "repo": known["repo"], "revision": None}
    try:
        side = side_of(asked)
        files = choose(side.files(), request["kind"])
    except Exception as error:  # whatever a client may raise becomes a named failure
        code, _ = fault(error, request["hub"], known["repo"], None)
        problem = code if code in _SAID_OF else None
        gated = True if code == "hub.gated" else known.get("gated")
        return {**known, "gated": gated, "problem": problem, "looked": True}
    told = {name: value for name, value in getattr(side, "about", {}).items() if value is not None}
    weights = request["kind"] != "model" or any(is_safetensors(file.path) for file in files)
    return {
        **known,
        **told,
        "bytes": sum(file.size for file in files),
        "held": sum(side.held(file) for file in files),
        "files": len(files),
        "revision": getattr(side, "commit", None) or side.revision,
        "problem": None if weights else "hub.no_safetensors",
        "looked": True,
    }


if __name__ == "__main__":
    leave(main())
