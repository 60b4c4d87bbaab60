"""One key from the terminal, without Enter; a line where there is no terminal."""

from __future__ import annotations

import sys


def one_key(question: str) -> str:
    """The key pressed after ``question``, in lower case; empty at the end of the input."""
    print(question, end=" ", file=sys.stderr, flush=True)
    key = _pressed() if sys.stdin.isatty() else sys.stdin.readline().strip()[:1]
    print(key, file=sys.stderr)
    return key.lower()


def _pressed() -> str:
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)  # Ctrl-C still ends the command
        return sys.stdin.read(1)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
