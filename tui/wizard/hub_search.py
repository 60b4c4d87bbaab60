"""A search that answers while one types: every place asked at once, its answers kept as they come.

Nothing here waits, and nothing calls back: a screen looks at :meth:`HubSearch.state`.
"""

from __future__ import annotations

from typing import Any

from engine.catalogue import datasets, models
from engine.errors import DanluError
from engine.hub.found import Found, put_together
from engine.hub.offer import Offer
from engine.hub.reference import HUBS, Hub
from engine.hub.search import Query, copies_here, look_query, on_hub, on_this_machine, query_of
from engine.job import Job
from tui.wizard.desk import Desk


class HubSearch:
    """What was typed and what is known so far. ``type`` answers from this machine and the catalogue
    at once; ``ask_hubs``, which the screen calls when the typing rests, asks the hubs too."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.query: Query = query_of("", kind)
        self._desk = Desk()
        self._told: dict[tuple[Hub, str], Offer] = {}
        # Read in its own thread: the first time takes a third of a second.
        self._desk.ask("catalogue", kind, lambda job: len(models()) + len(datasets()))
        self._desk.ask("here", kind, lambda job: copies_here(kind))

    def type(self, text: str) -> None:
        """Another text: what the hubs are being asked is no longer wanted."""
        query = query_of(text, self.kind)
        if query == self.query:
            return
        self.query = query
        self._told = {}
        for hub in HUBS:
            self._desk.forget(hub)
            self._desk.forget(_look_of(hub))

    def ask_hubs(self) -> None:
        """Ask the hubs for what is typed now."""
        if self.query.word:
            for hub in self.query.hubs:
                self._ask(hub, self.query, hub)

    def ask_again(self) -> None:
        """The same anew: something has changed, as who is logged in."""
        text = self.query.text
        self.type("")
        self.type(text)
        self.ask_hubs()

    def look(self, found: Found) -> None:
        """Ask the hubs what they have of one repository that only the catalogue, or one of them,
        told of."""
        for hub, repo in found.hubs:
            asked = self._desk.find(hub)
            told = self._told.get((hub, repo))
            unknown = told is None or not told.looked
            if unknown and self.error(hub) is None and (asked is None or asked.done):
                self._ask(_look_of(hub), look_query(repo, self.kind, (hub,)), hub)

    def _ask(self, name: str, query: Query, hub: Hub) -> None:
        told = self._told  # the dictionary of this text: a late answer goes nowhere

        def work(job: Job) -> bool:
            def tell(offer: Offer) -> None:
                if offer.problem != "hub.not_found":
                    told[hub, offer.repo] = offer
                else:
                    told.pop((hub, offer.repo), None)

            on_hub(hub, query, job, tell)
            return True

        self._desk.ask(name, query, work)

    def rows(self) -> list[Found]:
        """One line for each repository, as far as is known now."""
        if _runs(self._desk.find("catalogue")):
            return []
        here = self._desk.find("here")
        copies: list[Offer] = (here.result if here else None) or []
        offers = on_this_machine(self.query, copies) + list(self._told.values())
        return put_together(self.query, offers)

    @property
    def searching(self) -> list[Hub]:
        """The hubs that have not answered yet."""
        return [hub for hub in self.query.hubs if _runs(self._desk.find(hub))]

    def count(self, hub: Hub) -> int | None:
        """How many repositories ``hub`` told of; None while it was not asked."""
        asked = self._desk.find(hub)
        return None if asked is None else sum(told == hub for told, _ in list(self._told))

    def error(self, hub: Hub) -> DanluError | None:
        """Why ``hub`` gave no answer."""
        tasks = (self._desk.find(name) for name in (hub, _look_of(hub)))
        return next((task.error for task in tasks if task is not None and task.error), None)

    def state(self) -> tuple[Any, ...]:
        """Changes whenever there is something new to draw."""
        return (self.query, *self._desk.state(), len(self._told))

    def close(self) -> None:
        self._desk.close()


def _look_of(hub: Hub) -> str:
    return f"look_{hub}"


def _runs(task: Any) -> bool:
    return task is not None and not task.done
