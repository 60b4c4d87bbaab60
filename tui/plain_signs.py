"""What is left to draw once every sign of ours is ASCII: words and libraries bring their own."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# Each of one cell becomes one of one cell, so that nothing moves.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("·•∙", "-"),
        **dict.fromkeys("─━╌╍—–−", "-"),
        **dict.fromkeys("│┃╎▎▏▕▊", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╞╡╪", "+"),
        **dict.fromkeys("▁▂▃▄▅▆▇█▔▀▌▐", "#"),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("★●✓", "*"),
        "…": ".",
        "×": "x",
        "✗": "x",
        "÷": "/",
        "α": "a",
        "≈": "~",
        "≤": "<",
        "≥": ">",
        "→": ">",
        "›": ">",
        "←": "<",
        "‹": "<",
        "↑": "^",
        "↓": "v",
        "\xa0": " ",
    }
)


class PlainSigns(LineFilter):
    """Textual passes every line through this while ``--ascii`` is on. Chinese stays Chinese."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [segment if segment.text.isascii() else _plain(segment) for segment in segments]


def _plain(segment: Segment) -> Segment:
    return Segment(segment.text.translate(_PLAIN), segment.style, segment.control)
