"""Asking this machine, the catalogue and both hubs at once, and waiting for all of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from engine.errors import DanluError
from engine.hub.found import Found, put_together
from engine.hub.offer import Offer
from engine.hub.reference import Hub
from engine.hub.search import Query, on_hub, on_this_machine
from engine.job import Cancelled, Job


@dataclass
class Everywhere:
    """What all places have, and of each hub that gave no answer the reason."""

    query: Query
    found: list[Found] = field(default_factory=list)
    silent: dict[Hub, DanluError] = field(default_factory=dict)

    @property
    def offline(self) -> bool:
        """Whether only this machine and the catalogue were asked."""
        return len(self.silent) == len(self.query.hubs)


class _Asked(threading.Thread):
    """One hub being asked. A daemon, as whoever waits may be interrupted."""

    def __init__(self, hub: Hub, query: Query) -> None:
        super().__init__(daemon=True)
        self.job = Job()
        self.offers: list[Offer] = []
        self.error: DanluError | None = None
        self.hub: Hub = hub
        self._query = query

    def run(self) -> None:
        try:
            self.offers = on_hub(self.hub, self._query, self.job)
        except Cancelled:
            return
        except DanluError as error:
            self.error = error
        except Exception as fault:  # of ours or a library's: told as no answer
            reason = type(fault).__name__
            self.error = DanluError("hub.no_answer", exit_code=3, hub=self.hub, reason=reason)


def search_everywhere(query: Query, job: Job) -> Everywhere:
    """All that is found for ``query``; a hub that cannot be asked is no failure. Raises
    Cancelled."""
    job.report("search_hub")
    asked = [_Asked(hub, query) for hub in query.hubs]
    for thread in asked:
        thread.start()
    offers = on_this_machine(query)
    try:
        for thread in asked:
            while thread.is_alive():
                thread.join(0.1)
                job.check()
    finally:
        for thread in asked:
            thread.job.cancel()
    for thread in asked:
        offers += thread.offers
    silent: dict[Hub, DanluError] = {
        thread.hub: thread.error for thread in asked if thread.error is not None
    }
    return Everywhere(query, put_together(query, offers), silent)


def place_documents(answer: Everywhere) -> list[dict[str, Any]]:
    """Of each hub, whether it answered and why not, as JSON."""
    return [
        {"hub": hub, "answered": hub not in answer.silent}
        | ({"error": answer.silent[hub].document()} if hub in answer.silent else {})
        for hub in answer.query.hubs
    ]
