"""The look: a furnace at night, paper by day, the terminal's own sixteen colours, or none."""

from __future__ import annotations

from textual.theme import Theme

NIGHT = Theme(
    name="furnace",
    dark=True,
    primary="#ff7a29",
    secondary="#e6b450",
    accent="#ff7a29",
    success="#5fb48c",
    warning="#e6b450",
    error="#d1495b",
    foreground="#e8e0d5",
    background="#16130f",
    surface="#1d1915",
    panel="#26211b",
    variables={
        "ash": "#8a8178",
        "gold": "#e6b450",
        "ember": "#ff7a29",
        "jade": "#5fb48c",
        "cinnabar": "#d1495b",
    },
)

PAPER = Theme(
    name="paper",
    dark=False,
    primary="#b8480b",
    secondary="#8a6412",
    accent="#b8480b",
    success="#2b7a57",
    warning="#8a6412",
    error="#b0293d",
    foreground="#2b2620",
    background="#f6f1e7",
    surface="#efe8da",
    panel="#e6ddcb",
    variables={
        "ash": "#7a7166",
        "gold": "#8a6412",
        "ember": "#b8480b",
        "jade": "#2b7a57",
        "cinnabar": "#b0293d",
    },
)

ANSI = Theme(
    name="ansi",
    dark=True,
    primary="ansi_yellow",
    secondary="ansi_bright_yellow",
    accent="ansi_bright_yellow",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    variables={
        "ash": "ansi_bright_black",
        "gold": "ansi_bright_yellow",
        "ember": "ansi_yellow",
        "jade": "ansi_green",
        "cinnabar": "ansi_red",
    },
)

THEMES = (NIGHT, PAPER, ANSI)
