"""The few signs danlu draws with, and their ASCII stand-ins (``--ascii``)."""

from __future__ import annotations

_UNICODE = {
    "yes": "✓",
    "no": "✗",
    "warn": "!",
    "now": "●",
    "hollow": "○",
    "joint": "┬",
    "thick": "━",
    "thick_half": "╸",
    "thin": "─",
    "next": "›",
    "best": "★",
    "pin": "◆",
    "marked": "■",
    "to": "→",
    "dot": "·",
    "line": "─",
    "bar": "│",
    "full": "█",
    "half": "▒",
    "empty": "·",
    "branch": "├",
    "last": "└",
    "enter": "⏎",
    "up": "↑",
    "down": "↓",
    "more": "…",
}
_ASCII = {
    "yes": "v",
    "no": "x",
    "warn": "!",
    "now": "*",
    "hollow": "o",
    "joint": "+",
    "thick": "#",
    "thick_half": "=",
    "thin": ".",
    "next": ">",
    "best": "*",
    "pin": "^",
    "marked": "#",
    "to": "->",
    "dot": "-",
    "line": "-",
    "bar": "|",
    "full": "#",
    "half": "=",
    "empty": ".",
    "branch": "+",
    "last": "`",
    "enter": "Enter",
    "up": "^",
    "down": "v",
    "more": "...",
}
_ascii = False


def use_ascii(wanted: bool) -> None:
    """Draw with ASCII only from now on, for fonts without braille and box characters."""
    global _ascii
    _ascii = wanted


def ascii_only() -> bool:
    """Whether signs are drawn in plain ASCII."""
    return _ascii


def sign(name: str) -> str:
    """The sign called ``name`` in the set in use."""
    return (_ASCII if _ascii else _UNICODE)[name]
