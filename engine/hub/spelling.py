"""What a repository is called on a hub that does not know it by the name that was asked for.

The catalogue is asked first, then the hubs themselves: for the same id, and for names like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from engine.catalogue import datasets, models
from engine.errors import DanluError, Fix
from engine.hub.offer import Offer
from engine.hub.reference import HUB_NAMES, HUBS, PREFIXES, Hub
from engine.job import Job

_NOT_HAD = ("hub.not_found", "hub.gated", "hub.unauthorized")
_LIKE = 0.75  # of the letters of two names: below it they are two things


def called_otherwise(error: DanluError, repo: str, hub: str, kind: str, job: Job) -> DanluError:
    """``error``, or where ``repo`` is to be had by another name or from another hub: one that says
    so, with the name as the change that one key applies. Raises Cancelled."""
    if error.code not in _NOT_HAD:
        return error
    for name, other in other_names(repo, kind):
        if hub in ("auto", name) or error.code != "hub.not_found":
            return suggested(error, repo, kind, name, other)
    if hub == "auto" and error.code != "hub.not_found":
        return error  # both hubs were asked for it, and one has it
    for name, other in _asked_for(repo, hub, kind, error.code == "hub.not_found", job):
        return suggested(error, repo, kind, name, other)
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


def suggested(error: DanluError, repo: str, kind: str, hub: Hub, other: str) -> DanluError:
    """``error`` anew, with the way out of taking ``other``, the name by which ``hub`` knows it."""
    change = {"model.source": other, "model.hub": hub} if kind == "model" else None
    fixes = [Fix("take", change), Fix("command" if kind == "model" else "write"), *_login(error)]
    return DanluError(
        "hub.called_otherwise",
        fixes=fixes,
        exit_code=error.exit_code,
        repo=repo,
        other=other,
        hub=HUB_NAMES[hub],
        reason=error.what,
        refused=error.values.get("hub"),
        name=hub,
        source=f"{PREFIXES[hub]}{other}",
    )


def _asked_for(repo: str, hub: str, kind: str, alike: bool, job: Job) -> Iterator[tuple[Hub, str]]:
    """What the hubs have: the same id on one that was not asked, then (``alike``) the likeliest."""
    from engine.hub.everywhere import search_everywhere
    from engine.hub.search import look_query

    tried = [name for name in HUBS if hub in ("auto", name)]
    query = look_query(repo, kind)
    for word in _words(repo) if alike else ("",):
        answer = search_everywhere(replace(query, word=word), job)
        offers = [offer for found in answer.found for offer in found.offers if _is_open(offer)]
        others = [o for o in offers if o.repo.casefold() != repo.casefold() or o.hub not in tried]
        likely = [offer for offer in others if likeness(offer.repo, repo) >= _LIKE]
        likely.sort(key=lambda o: (-likeness(o.repo, repo), bool(o.gated), -(o.downloads or 0)))
        for offer in likely:
            if offer.hub is not None:
                yield offer.hub, offer.repo


def _is_open(offer: Offer) -> bool:
    return offer.hub is not None and offer.folder is None and not offer.problem


def _words(repo: str) -> list[str]:
    """What to search for: the name, then, as it may be misspelt, all of it but its last part."""
    name = repo.rpartition("/")[2]
    start = re.sub(r"[-_.][^-_.]*$", "", name)
    return [name, start] if len(start) >= 4 and start != name else [name]


def likeness(one: str, other: str) -> float:
    """How much two ids are alike, 0 to 1: as a whole, or a little less by their names alone."""
    one, other = one.casefold(), other.casefold()
    names = (one.rpartition("/")[2], other.rpartition("/")[2])
    whole = SequenceMatcher(None, one, other).ratio()
    return max(whole, 0.98 * SequenceMatcher(None, *names).ratio())


def _login(error: DanluError) -> list[Fix]:
    return [] if error.code == "hub.not_found" else [Fix("login")]
