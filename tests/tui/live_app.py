"""The live screen of one run in a real terminal: started by tests in a pty.

``python -m tests.tui.live_app RUN_FOLDER``
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.runs.store import Run
from tui.app import DanluApp
from tui.screens.live import LiveScreen

if __name__ == "__main__":
    DanluApp(first=LiveScreen(Run(Path(sys.argv[1])))).run(mouse=False)
