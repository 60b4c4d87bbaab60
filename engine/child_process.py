"""Starting a module of danlu in a process of its own."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Callable
from pathlib import Path

# The current folder is taken off the path: a person's own "engine" folder there is not ours. Where
# danlu runs from a checkout its root goes last, so that it shadows nothing.
_START = (
    "import runpy, sys; sys.path[:1] = [] if sys.path[:1] == [''] else sys.path[:1]; "
    "sys.path.append(sys.argv[1]); module = sys.argv[2]; del sys.argv[1:3]; "
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs ``module`` with this Python, from any folder."""
    root = Path(__file__).resolve().parents[1]
    return [sys.executable, "-c", _START, str(root), module, *arguments]


def ends_with_us() -> Callable[[], object] | None:
    """For ``preexec_fn``: tells the child to end as soon as this process does, even one that is
    killed. None where the system cannot, as all but Linux."""
    if not sys.platform.startswith("linux"):
        return None
    tell = ctypes.CDLL(None).prctl
    return lambda: tell(1, signal.SIGTERM)  # 1: PR_SET_PDEATHSIG
