"""The ways out of what a run failed of, each on its number: it goes on, or another run is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.spec.yaml_form import show_value
from tui.ink import ink
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.trouble import Trouble
from tui.ways_on import Way
from tui.widgets.prose import Prose


class WaysOutScreen(OverlayScreen[Way]):
    """Dismissed with the way that is taken, or with None when the person goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(n), f"take({n})", "keys.apply_fix", show=n == 1, id=f"ways_out.{n}")
        for n in range(1, 10)
    ]

    def __init__(self, trouble: Trouble, ways: Sequence[Way]) -> None:
        super().__init__()
        self._trouble = trouble
        self._ways = ways

    def work(self) -> list[Widget]:
        trouble, ember = self._trouble, ink(self, "ember", bold=True)
        cinnabar = ink(self, "cinnabar", bold=True)
        parts: list[Widget] = [
            Prose(f"{sign('no')} ", trouble.what, lead=cinnabar, style=cinnabar),
            Prose("  ", trouble.why),
        ]
        before: object = ""
        for number, way in enumerate(self._ways, 1):
            if way.step != before:
                before = way.step
                key = "live.fix_new" if way.step is None else "live.fix_goes_on"
                parts += [Static(""), Prose("", words.t(key, step=way.step), style="bold")]
            parts.append(Prose(f"{number}  ", way.text, lead=ember))
            said = "  ".join(f"{name}: {show_value(value)}" for name, value in way.change.items())
            parts += [Prose("   ", said, style=ink(self, "ash"))] if said else []
        return parts

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "take":
            return True
        number = parameters[0]
        return isinstance(number, int) and number <= len(self._ways)

    def action_take(self, number: int) -> None:
        self.dismiss(self._ways[number - 1])
