"""Reading runs in threads while they are looked at: which there are, how they stand, what those
hold whose checkpoints are shown."""

from __future__ import annotations

import time
from pathlib import Path

from textual.message import Message
from textual.worker import get_current_worker

from engine.runs.contents import Contents, contents_of
from engine.runs.heads import RunHead
from engine.runs.scan import FoundRun
from engine.runs.store import Run
from tui.run_heads import HeadWatch
from tui.run_tree import RunTree
from tui.screens.base import DanluScreen

EVERY = 2.0  # seconds between two looks; more where a look takes long
_BATCH = 0.15  # seconds of reading before what was read is shown
_SIGHT = 20  # runs whose journals are read before the others are looked at
_MANY = 1000  # runs from which on showing costs more, and is done less often


class RunReading(DanluScreen):
    """Keeps ``listed`` up to date; subclasses draw it in :meth:`show` and :meth:`explain`."""

    class Read(Message):
        """The worker has read some more; ``found`` is every run, or the newest of ``count``;
        ``done`` whether all are read."""

        def __init__(
            self, found: list[FoundRun], heads: list[RunHead], done: bool, count: int | None = None
        ) -> None:
            super().__init__()
            self.found, self.heads, self.done = found, heads, done
            self.count = len(found) if count is None else count

    class Opened(Message):
        """What runs hold, by name."""

        def __init__(self, contents: dict[str, Contents]) -> None:
            super().__init__()
            self.contents = contents

    def __init__(self) -> None:
        super().__init__()
        self.listed = RunTree()
        self.watched = HeadWatch()
        self.read_once = False
        self.count = 0  # runs there are, of which ``listed`` may know the newest alone
        self.looked = 0.0  # when the last look ended
        self._every = EVERY

    def show(self) -> None:
        """Draw the list again."""
        raise NotImplementedError

    def explain(self) -> None:
        """Tell of the line under the cursor again."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.look()
        self.set_interval(EVERY, self._look_again)

    def on_screen_resume(self) -> None:
        self.look()
        self.open_again()

    def _look_again(self) -> None:
        if time.monotonic() - self.looked > self._every:
            self.look()

    def look(self) -> None:
        """See what is new, unless that is being done."""
        if self.app.screen is self and not any(w.group == "runs" for w in self.workers):
            self.run_worker(self._read, thread=True, exit_on_error=False, group="runs")

    def _read(self) -> None:
        """In a thread: which runs there are, then every head that may be another, in batches."""
        watch, began, worker = self.watched, time.monotonic(), get_current_worker()
        found = watch.scan(None if self.read_once else self._read_page)
        if not self.read_once:
            self.post_message(self.Read(found, [], False))
            self.post_message(self.Read(found, watch.known(found), False))
            self.listed_once()
        took = time.monotonic() - began
        batch: list[RunHead] = []
        pace, shown = _BATCH * (4 if len(found) > _MANY else 1), time.monotonic()
        for head in watch.read(watch.stale(found)):
            if worker.is_cancelled:  # the screen was left: the process need not wait for the rest
                return
            batch.append(head)
            if time.monotonic() - shown > pace:
                self.post_message(self.Read(found, batch, False))
                batch, shown = [], time.monotonic()
            time.sleep(0)  # the screen comes first
        self._every, self.looked = max(EVERY, 20 * took), time.monotonic()
        self.post_message(self.Read(found, batch, True))

    def listed_once(self) -> None:
        """In a thread, once: all runs are known, and those that were read before. For what may wait
        until then."""

    def _read_page(self, page: list[FoundRun], count: int) -> None:
        """In a thread: show the newest runs and how they stand before the others are looked at."""
        self.post_message(self.Read(page, [], False, count))
        heads = self.watched.known(page)
        heads += self.watched.read(self.watched.stale(page)[:_SIGHT])
        self.post_message(self.Read(page, heads, False, count))

    def on_run_reading_read(self, message: Read) -> None:
        tree, first = self.listed, message.done and not self.read_once
        changed = bool(message.heads) or message.found != tree.found
        self.count = message.count
        tree.set_runs(message.found)
        tree.learn(message.heads)
        self.read_once = self.read_once or message.done
        if changed or first:
            self.show()
            self.explain()
        names = {head.name for head in message.heads}
        self.open([run for run in tree.found if run.name in names and run.name in tree.contents])
        self.open(tree.unread())

    def open(self, runs: list[FoundRun]) -> None:
        """Read, in a thread, what ``runs`` hold."""

        def read() -> None:
            found = {}
            for run in runs:
                found[run.name] = contents_of(Run(Path(run.path)))
            self.post_message(self.Opened(found))

        if runs:
            self.run_worker(read, thread=True, exit_on_error=False, group="contents")

    def open_again(self) -> None:
        """Read anew what is shown of the runs that are not folded."""
        tree = self.listed
        self.open([r for r in tree.found if r.name in tree.contents and not tree.is_folded(r.name)])

    def on_run_reading_opened(self, message: Opened) -> None:
        changed = [
            name
            for name, contents in message.contents.items()
            if self.listed.contents.get(name) != contents
        ]
        for name in changed:
            self.listed.learn_contents(name, message.contents[name])
        if changed:
            self.show()
            self.explain()
