"""Asking one place at a time what it has for a word or an id: this machine, or one of the hubs.

Whoever asks asks them at once, each in a thread of its own, and puts the answers together with
:mod:`engine.hub.found`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.catalogue import matches
from engine.errors import DanluError
from engine.hub.caches import all_cached
from engine.hub.child import ChildEnded, run_child
from engine.hub.endpoints import Probe, endpoint, offline, probe
from engine.hub.offer import Offer
from engine.hub.reference import HUB_NAMES, HUBS, Hub, Reference, reference
from engine.job import Job

LIMIT = 8  # answers of each hub
_REMEMBERED = 20.0  # seconds that an address which does not answer is not asked again
_SUFFIX = re.compile("[@:]")
_MOST_FILES = 5000  # of a data set, looked at for its size
_unreached: dict[str, tuple[float, Probe]] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Query:
    """What was typed: a word, or an id which is looked at as such too. ``kind`` is model or
    dataset; ``hubs`` are those to ask."""

    text: str
    kind: str
    word: str
    repo: str | None
    hubs: tuple[Hub, ...]


def query_of(text: str, kind: str, hub: str = "auto") -> Query:
    """What ``text`` asks for: words, ``owner/name``, ``hf::owner/name`` or a page's address."""
    # A data set's revision, subset and count, as owner/name@v1:subset#500, are no part of its name.
    text = text.strip()
    bare = text.partition("#")[0]
    lead, mark, name = bare.rpartition("::")
    plain = f"{lead}{mark}{_SUFFIX.split(name)[0]}" if "://" not in bare else bare
    named = reference(plain)
    if named is None or "/" not in named.repo:
        named, word = Reference(""), text
    else:
        word = named.repo.partition("/")[2]
    hubs: tuple[Hub, ...] = tuple(
        each for each in HUBS if hub in ("auto", each) and named.hub in (None, each)
    )
    return Query(text, kind, word, named.repo or None, hubs)


def look_query(repo: str, kind: str, hubs: Iterable[Hub] = HUBS) -> Query:
    """What asks for one repository alone, by its id."""
    return Query(repo, kind, "", repo, tuple(hubs))


def copies_here(kind: str) -> list[Offer]:
    """Every copy on this machine. Reads folders and headers; asks nobody."""
    return list(_models_here() if kind == "model" else _datasets_here())


def on_this_machine(query: Query, copies: Iterable[Offer] | None = None) -> list[Offer]:
    """Those of the ``copies`` here (looked for if not given) whose names have every word."""
    every = copies_here(query.kind) if copies is None else copies
    return [offer for offer in every if matches(query.repo or query.word, (offer.repo,))]


def on_hub(
    hub: Hub, query: Query, job: Job, on_offer: Callable[[Offer], None] = lambda offer: None
) -> list[Offer]:
    """What ``hub`` has. ``on_offer`` is given each one as it is found, and again with more known of
    it. Raises DanluError ``hub.not_asked``, ``hub.not_reached``, ``hub.no_answer``; Cancelled."""
    _check_reached(hub, query)
    found: dict[str, Offer] = {}

    def tell(offer: Offer) -> None:
        # An id that was typed and is not there is no answer.
        if offer.problem == "hub.not_found":
            found.pop(offer.repo, None)
        else:
            found[offer.repo] = offer
        on_offer(offer)
        done = sum(one.looked for one in found.values())
        job.report("search_hub", done, len(found))

    def relay(event: dict[str, Any]) -> None:
        if event["event"] == "failed":
            raise _no_answer(hub, DanluError(event["code"], **event["values"]).why)
        told = event.get("offers", [event])
        for values in told:
            fields = {name: value for name, value in values.items() if name != "event"}
            tell(Offer(hub=hub, **fields))

    request = {
        "hub": hub, "kind": query.kind, "word": query.word, "repo": query.repo, "limit": LIMIT
    }  # fmt: skip
    job.report("search_hub")
    try:
        run_child("engine.hub.search_worker", request, relay, job)
    except ChildEnded as error:
        raise _no_answer(hub, str(error)) from error
    return list(found.values())


def _no_answer(hub: Hub, reason: str) -> DanluError:
    return DanluError("hub.no_answer", exit_code=3, hub=HUB_NAMES[hub], reason=reason)


def _check_reached(hub: Hub, query: Query) -> None:
    """Raise where the hub must not or cannot be asked: at once, or after some seconds once."""
    variable = offline()
    if variable:
        raise DanluError("hub.not_asked", hub=HUB_NAMES[hub], variable=variable)
    address = endpoint(hub)
    with _lock:
        asked, answer = _unreached.get(address, (0.0, None))
    if answer is None or time.monotonic() - asked > _REMEMBERED:
        answer = probe([address])[address]
        with _lock:
            _unreached.pop(address, None)
            if not answer.reached:
                _unreached[address] = time.monotonic(), answer
    if not answer.reached:
        raise DanluError(
            "hub.not_reached",
            exit_code=3,
            hub=HUB_NAMES[hub],
            address=address,
            reason=answer.reason,
        )


def _models_here() -> Iterable[Offer]:
    from engine.models.shelf import shelf

    for entry in shelf():
        facts = entry.facts
        hub: Hub | None = next((name for name in HUBS if name == entry.origin), None)
        yield Offer(
            entry.source, hub, entry.folder, entry.bytes, parameters=entry.parameters,
            license=facts.license, looked=True,
        )  # fmt: skip


def _datasets_here() -> Iterable[Offer]:
    for copy in all_cached("dataset"):
        size, count = _measure(copy.folder)
        yield Offer(
            copy.repo, copy.hub, copy.folder, size, files=count, revision=copy.revision, looked=True
        )


def _measure(folder: Path) -> tuple[int, int]:
    size = count = 0
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.endswith(".incomplete"):
            size, count = size + path.stat().st_size, count + 1
            if count >= _MOST_FILES:
                break
    return size, count
