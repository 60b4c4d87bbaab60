"""Theme colours for text that is drawn by hand."""

from __future__ import annotations

from rich.style import Style
from textual.widget import Widget


def ink(widget: Widget, name: str, *, bold: bool = False, reverse: bool = False) -> Style:
    """A style in the theme's colour ``name`` (``ember``, ``gold``, ``jade``, ``cinnabar``, ``ash``,
    ``foreground``). Colour alone must never carry a meaning: a sign or a word stands beside it."""
    colour = widget.app.theme_variables.get(name, "")
    # Textual spells the sixteen terminal colours "ansi_red", Rich "red".
    named = colour.removeprefix("ansi_")
    return Style(
        color=None if named in ("", "default") else named,
        bold=bold or None,
        reverse=reverse or None,
    )
