"""Opening the full-screen app, and what becomes of the process when its screen is gone."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from engine import words
from engine.errors import DanluError
from engine.home import home
from tui.front import Front, behind_front
from tui.home_facts import jobs_at_work
from tui.settings import load_settings
from tui.symbols import use_ascii
from tui.terminal import leave_terminal, own_terminal

if TYPE_CHECKING:
    from engine.train.session import TrainingSession
    from tui.app import DanluApp

Opening = Callable[["DanluApp"], None]


def open_app(
    opening: Opening | None = None, theme: str | None = None, ascii_only: bool = False
) -> int:
    """Open the app; ``opening`` is called with it once home is drawn. Returns the exit code.

    Raises DanluError without a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise DanluError("app.no_terminal")
    return behind_front(lambda front: _open(front, opening, theme, ascii_only))


def _open(front: Front, opening: Opening | None, theme: str | None, ascii_only: bool) -> int:
    settings = load_settings()
    use_ascii(ascii_only or settings.ascii)
    log = home() / "native.log"
    app = None
    try:
        with own_terminal(log):
            from tui.app import DanluApp

            app = DanluApp(opening=opening, theme=theme or settings.theme)
            app.run(mouse=False)
        _farewell(app)
        return app.return_code or 0
    finally:
        # Whatever befell the screen, a training must not end with it.
        if app is not None and app.training and app.session is not None:
            _train_on(app.session, front)


def _farewell(app: DanluApp) -> None:
    """Say, on the terminal given back, how to come back; nobody may be there to read it."""
    with suppress(OSError):
        if app.fault:
            print(words.t("leave.fault", log=app.fault), file=sys.stderr, flush=True)
        left = app.left_training
        if left is not None:
            print(words.t("leave.goes_on", run=left.name), flush=True)
        jobs = jobs_at_work()
        if jobs:
            print(words.t("leave.jobs_go_on", count=jobs), flush=True)


def _train_on(session: TrainingSession, front: Front) -> None:
    """Go on without a screen until the training ends. A signal to end means: save first."""
    leave_terminal(home() / "native.log")
    front.let_go()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: session.stop())
    while not session.join(timeout=1.0):
        pass
