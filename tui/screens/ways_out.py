"""The ways out of what a run failed of: each on its number, where a changed setting is one."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.spec.yaml_form import show_value
from tui.ink import ink
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.trouble import Change, Trouble
from tui.widgets.prose import Prose


class WaysOutScreen(OverlayScreen[Change]):
    """Dismissed with the settings to change, or with None when the person goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(n), f"take({n})", "keys.apply_fix", show=n == 1, id=f"ways_out.{n}")
        for n in range(1, 10)
    ]

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self._trouble = trouble

    def work(self) -> list[Widget]:
        trouble, ember = self._trouble, ink(self, "ember", bold=True)
        cinnabar = ink(self, "cinnabar", bold=True)
        parts: list[Widget] = [
            Prose(f"{sign('no')} ", trouble.what, lead=cinnabar, style=cinnabar),
            Prose("  ", trouble.why),
            Static(""),
            Prose("", words.t("live.fix_about"), style=ink(self, "ash")),
        ]
        for number, (text, change) in enumerate(trouble.ways, 1):
            if change:
                parts.append(Prose(f"{number}  ", text, lead=ember))
                said = "  ".join(f"{name}: {show_value(value)}" for name, value in change.items())
                parts.append(Prose("   ", said, style=ink(self, "ash")))
        return parts

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "take":
            return True
        number = parameters[0]
        return isinstance(number, int) and any(
            at == number and change for at, (_, change) in enumerate(self._trouble.ways, 1)
        )

    def action_take(self, number: int) -> None:
        self.dismiss(self._trouble.ways[number - 1][1])
