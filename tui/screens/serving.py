"""One server: where it is, how to ask it, its requests as they come, its log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.units import human_duration
from tui.cells import fit
from tui.error_details import error_details
from tui.ink import ink
from tui.screens.base import DanluScreen
from tui.screens.confirm import ConfirmScreen
from tui.serve_line import Event, backend_text, event_line
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.job_bar import JobBar
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from engine.runs.journal import JournalFollower
    from engine.serve.plan import Plan
    from engine.serve.serving import Serving
    from engine.serve.traffic import Traffic

EVERY = 1.0  # seconds between two looks
_KEPT = 2000  # of the last requests, and of the log's lines


class ServingScreen(DanluScreen):
    """Shows ``serving``; or serves ``targets`` (runs, ``run/checkpoint-20``) first. Leaving the
    screen, or danlu, leaves the server as it is."""

    title_key = "serving.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_curl", "keys.serving_copy", id="serving.copy"),
        Binding("p", "copy_python", "keys.serving_python", id="serving.python"),
        Binding("o", "log", "keys.serving_log", id="serving.log"),
        Binding("x", "stop", "keys.serving_stop", id="serving.stop"),
    ]
    DEFAULT_CSS = """
    ServingScreen DetailLines { height: 12; }
    ServingScreen JobBar { display: none; }
    ServingScreen.-starting JobBar { display: block; }
    """

    class Began(Message):
        """The server's process is there, or ``error`` says why not."""

        def __init__(self, serving: Serving | None, error: DanluError | None = None) -> None:
            super().__init__()
            self.serving, self.error = serving, error

    class Seen(Message):
        """What happened since the last look."""

        def __init__(
            self, events: list[Event], traffic: Traffic, plan: Plan | None, log: list[str]
        ) -> None:
            super().__init__()
            self.events, self.traffic, self.plan, self.log = events, traffic, plan, log

    def __init__(self, serving: Serving | None = None, targets: Sequence[str] = ()) -> None:
        super().__init__()
        self._serving = serving
        self._targets = targets
        self._follower: JournalFollower | None = None
        self._traffic: Traffic | None = None
        self._plan: Plan | None = None
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._log: list[str] = []
        self._shows_log = False

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, self._rows(), enter="")
        return [JobBar(), rows, DetailLines(self._details())]

    async def retranslate(self) -> None:
        await super().retranslate()
        self._redraw()

    def head_right(self) -> str:
        state = self._traffic.state if self._traffic else "starting"
        name = self._serving.name if self._serving else " + ".join(self._targets)
        said = f"{name} {sign('dot')} {words.t(f'serve.state.{state}')}"
        if self._starting and self._traffic and self._traffic.begun:
            said += f" {sign('dot')} {human_duration(time.time() - self._traffic.begun)}"
        return f"{said}   {words.language().upper()}"

    @property
    def _starting(self) -> bool:
        return self._traffic is None or self._traffic.state == "starting"

    def _rows(self) -> list[str]:
        """Requests with the newest on top, or the log as it was written."""
        if self._shows_log:
            return self._log or [words.t("serving.no_log")]
        lines = [line for event in reversed(self._events) if (line := event_line(event))]
        return lines or ["" if self._starting else words.t("serving.waiting")]

    def _draw(self, line: str, cells: int, selected: bool) -> Text:
        return Text(f" {fit(line, cells - 1)}", "" if selected else ink(self, "ash"))

    def _details(self) -> list[Detail]:
        traffic, plan = self._traffic, self._plan
        if traffic is None or plan is None:
            return [Detail(words.t("serving.starting"), "ash")]
        if traffic.error is not None:
            return error_details(traffic.error)
        if self._starting:
            return [Detail(words.t("serving.loading"), "foreground", "wrap")]
        if traffic.state != "serving":
            return self._ended(traffic.state)
        return self._facts(traffic, plan)

    def _ended(self, state: str) -> list[Detail]:
        """That it is no longer there, and where its last words are."""
        said = words.t("jobs.gone" if state == "gone" else "serving.ended")
        path = str(self._serving.log_path) if self._serving else ""
        log = Detail(path, "ash", "cut_start", words.t("serving.log") + "  ")
        return [Detail(said, "gold", "wrap"), log]

    def _facts(self, traffic: Traffic, plan: Plan) -> list[Detail]:
        """Where it is, what it serves, how to ask it."""
        pace = traffic.tokens_per_second or traffic.last_tokens_per_second
        so_far = words.t(
            "serving.pace_words",
            requests=traffic.requests,
            tokens=traffic.tokens,
            pace="–" if pace is None else f"{pace:.1f}",
        )
        facts = {
            "address": Detail(traffic.url or "", "ember"),
            "models": Detail(", ".join(each.name for each in plan.named)),
            "with": Detail(backend_text(plan), "ash", "wrap", most=3),
            "pace": Detail(so_far),
            "ask": Detail(self._curl(), "ash", "wrap", most=5),
        }
        return [
            detail._replace(lead=fit(words.t(f"serving.{name}"), 10))
            for name, detail in facts.items()
        ]

    def _redraw(self) -> None:
        self.query_one(RowList).show(self._rows())
        self.query_one(DetailLines).show(self._details())
        self.query_one(HeadLine).show(right=self.head_right())
        where = self._traffic.loading.progress if self._starting and self._traffic else None
        self.query_one(JobBar).show_progress(where)
        self.set_class(where is not None, "-starting")
        self.refresh_bindings()

    # -- looking, in a thread ----------------------------------------------------------------

    def on_mount(self) -> None:
        self.set_interval(EVERY, self._look)
        if self._serving is None:
            self.run_worker(self._begin, thread=True, exit_on_error=False, group="serve")
        else:
            self._look()

    def _begin(self) -> None:
        """In a thread: find the server of the target, else start one."""
        from tui.serve_target import serve_targets

        try:
            self.post_message(self.Began(serve_targets(self._targets)))
        except DanluError as error:
            self.post_message(self.Began(None, error))

    def on_serving_screen_began(self, message: Began) -> None:
        if message.error is not None:
            self.fail(message.error)
            return
        self._serving = message.serving
        self._look()

    def _look(self) -> None:
        busy = any(worker.group == "look" for worker in self.workers)
        if self._serving is not None and not busy:
            self.run_worker(self._see, thread=True, exit_on_error=False, group="look")

    def _see(self) -> None:
        from engine.runs.journal import JournalFollower
        from engine.serve.traffic import Traffic

        serving = self._serving
        if serving is None:
            return
        if self._follower is None:
            self._follower, self._traffic = JournalFollower(serving.path), Traffic()
        traffic, seen = self._traffic or Traffic(), list[Event]()
        died = serving.gone()  # asked first: one that ends in between has had its last word
        while events := self._follower.poll():
            seen += events
            for event in events:
                traffic.add(event)
        traffic.mark_gone(died)
        log = serving.last_log_lines(_KEPT) if self._shows_log else []
        self.post_message(self.Seen(seen, traffic, serving.plan(), log))

    def on_serving_screen_seen(self, message: Seen) -> None:
        self._events.extend(message.events)
        self._traffic, self._plan, self._log = message.traffic, message.plan, message.log
        self._redraw()

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        traffic = self._traffic
        if action in ("copy_curl", "copy_python"):
            return traffic is not None and traffic.state == "serving"
        if action == "stop":
            return traffic is not None and traffic.state in ("starting", "serving")
        return True

    def _curl(self) -> str:
        from engine.serve.examples import curl_line

        return curl_line(*self._asking())

    def _asking(self) -> tuple[str, str, str, Path | None]:
        assert self._traffic and self._traffic.url and self._plan and self._serving
        folder = self._serving.path if self._plan.requires_key else None
        return self._traffic.url, self._plan.named[0].name, words.t("serve.question"), folder

    def action_copy_curl(self) -> None:
        self._copy(self._curl())

    def action_copy_python(self) -> None:
        from engine.serve.examples import python_lines

        self._copy(python_lines(*self._asking()))

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.notify(text, title=words.t("serving.copied"))

    def action_log(self) -> None:
        self._shows_log = not self._shows_log
        self._redraw()
        self._look()

    def action_stop(self) -> None:
        if self._serving is None:
            return
        name = self._serving.name
        question = ConfirmScreen(
            lambda: words.t("serving.stop", name=name), lambda: words.t("serving.stop_why")
        )
        self.app.push_screen(question, lambda yes: self._stop() if yes else None)

    def _stop(self) -> None:
        def stop() -> None:
            try:
                if self._serving is not None:
                    self._serving.end()
            except DanluError as error:
                self.app.call_from_thread(self.fail, error)

        self.run_worker(stop, thread=True, exit_on_error=False, group="stop")
