"""The fetching process (run as a module): reads one request from standard input and
tells what happens, one JSON document a line, on standard output.

Fetching has a process of its own because the clients can neither be cancelled at any moment nor
kept from writing to the screen, and read their settings once, when first imported. It ends when its
parent does (standard input closes), leaving partial files that the next one resumes.

Request: ``{hub, repo, kind, revision}``. Events: ``listed`` {files, bytes, held}, ``bytes`` {done,
parts: [[file, held, size]]}, ``retry`` {file, code,
seconds: as many as the hub asked to wait}, ``finishing``, ``done`` {folder, revision,
bytes, files: [path]}, ``failed`` {code, values}.
"""

from __future__ import annotations

from typing import Any

from engine.hub.child_side import Failed, Say, leave, serve
from engine.hub.choose import choose, is_safetensors
from engine.hub.faults import fault
from engine.hub.reference import HUB_NAMES
from engine.hub.room import check_room
from engine.hub.transfer import Side, Transfer, ask_patiently


def main() -> int:
    """Serve one request. Returns 0 when the repository is whole on disk, else 3."""
    return serve(bring, _name)


def _name(error: Exception, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return fault(error, request["hub"], request["repo"], request["revision"])


def side_of(request: dict[str, Any]) -> Side:
    """The repository a request is about."""
    where = request["repo"], request["kind"], request["revision"]
    if request["hub"] == "modelscope":
        from engine.hub.modelscope_side import ModelScopeSide

        return ModelScopeSide(*where)
    from engine.hub.huggingface_side import HuggingFaceSide

    return HuggingFaceSide(*where)


def bring(request: dict[str, Any], say: Say) -> None:
    """List, check the room, fetch, finish. Raises Failed and the clients' errors."""
    side = ask_patiently(lambda: side_of(request), request)
    files = choose(ask_patiently(side.files, request), request["kind"])
    if request["kind"] == "model" and not any(is_safetensors(file.path) for file in files):
        raise Failed(
            "hub.no_safetensors", {"hub": HUB_NAMES[request["hub"]], "repo": request["repo"]}
        )
    transfer = Transfer(side, files, request, say)
    total, held = sum(file.size for file in files), transfer.held
    check_room(request["repo"], total - held, side)
    say("listed", files=len(files), bytes=total, held=held)
    transfer.run()
    say("finishing")
    folder, revision = ask_patiently(lambda: side.finish(files), request)
    paths = [file.path for file in files]
    say("done", folder=str(folder), revision=revision, bytes=total, files=paths)


if __name__ == "__main__":
    leave(main())
