"""A screen as an SVG that looks the same in every viewer, and the text that stands in it."""

from __future__ import annotations

import html
import re
from typing import Any

from textual.app import App

from tui.cells import width

_CELL = 12.2  # units of the picture, as Rich draws it
_WIDE = ' font-size="23"'  # of 20: a Chinese character fills its two cells
_FONTS = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace"
_TEXT = re.compile(r'<text class="([^"]*)" x="([^"]*)" y="([^"]*)"[^>]*>([^<]*)</text>')


def picture(app: App[Any]) -> str:
    """The screen without names that change at every drawing and without fonts from a server.

    Rich squeezes wide characters into one cell each and leaves the rest to the viewer's fonts; here
    every word, and every character beyond ASCII, stands at the cell it has in a terminal.
    """
    svg = app.export_screenshot(title="danlu")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = svg.replace("font-family: Fira Code, monospace", f"font-family: {_FONTS}")
    svg = svg.replace("font-variant-east-asian: full-width;", "")
    svg = _TEXT.sub(_placed, svg)
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


def picture_text(svg: str) -> list[str]:
    """What stands in a picture, each word with its place."""
    return re.findall(r'<(?:text|tspan) [^>]*?([xy]="[^>]*>[^<]*)', svg)


def _placed(found: re.Match[str]) -> str:
    kind, x, y, text = found.groups()
    text = html.unescape(text).replace("\xa0", " ")
    spans, at = [], float(x)
    for piece in re.findall(r"[!-~]+|.", text):
        if piece != " ":
            escaped = html.escape(piece, quote=False)
            size = _WIDE if width(piece) > len(piece) else ""
            spans.append(f'<tspan x="{at:.1f}"{size}>{escaped}</tspan>')
        at += width(piece) * _CELL
    return f'<text class="{kind}" y="{y}">{"".join(spans)}</text>' if spans else ""
