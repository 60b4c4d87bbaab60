"""A named failure: what happened, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.errors import DanluError, DanluErrors, Fix
from engine.hub.reference import HUB_NAMES, HUBS
from tui.ink import ink
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.widgets.prose import Prose

# What another account's token, or any, may get past.
_TOKEN_HELPS = (
    "hub.gated", "hub.unauthorized", "hub.not_found", "hub.called_otherwise",
    "publish.no_token_modelscope", "publish.no_token_huggingface", "publish.token_refused",
    "publish.no_permission",
)  # fmt: skip


class ErrorScreen(OverlayScreen[None]):
    """What, why, and numbered fixes. ``on_fix`` takes a fix that carries a change, or is one of
    those named in ``takes``; its number key applies it and closes the screen."""

    AUTO_FOCUS = ".panel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "close", "keys.close", show=False, id="error.close"),
        Binding("t", "token", "keys.enter_token", id="error.token"),
        *(
            Binding(str(n), f"fix({n})", "keys.apply_fix", show=n == 1, id=f"error.fix{n}")
            for n in range(1, 10)
        ),
    ]

    def __init__(
        self,
        error: DanluError,
        on_fix: Callable[[Fix], None] | None = None,
        takes: Collection[str] = (),
    ) -> None:
        super().__init__()
        self.error = error
        self._on_fix = on_fix
        self._takes = takes
        self._show_first_key()

    def _show_first_key(self) -> None:
        """On the key line stands the first number that takes a fix."""
        numbers = (str(n) for n, fix in enumerate(self.error.fixes, 1) if self._applies(fix))
        first = next(numbers, "1")
        shown = Binding(first, f"fix({first})", "keys.apply_fix", id=f"error.fix{first}")
        self._bindings.key_to_bindings[first] = [shown]

    def work(self) -> list[Widget]:
        cinnabar, ember = ink(self, "cinnabar", bold=True), ink(self, "ember", bold=True)
        parts: list[Widget] = []
        errors = self.error.errors if isinstance(self.error, DanluErrors) else (self.error,)
        for error in errors:
            parts.append(
                _spaced(Prose(f"{sign('no')} ", error.what, lead=cinnabar, style=cinnabar))
            )
            parts.append(Prose("  ", error.why))
        if self.error.fixes:
            parts.append(_spaced(Static(Text(words.t("help.fixes"), ember))))
        for number, fix in enumerate(self.error.fixes, 1):
            lead = ember if self._applies(fix) else Style(bold=True)
            parts.append(Prose(f"{number}  ", self._fix_text(fix), lead=lead))
        parts.append(_spaced(Static(Text(self.error.code, ink(self, "ash")))))
        return parts

    def _fix_text(self, fix: Fix) -> str:
        text = self.error.fix_text(fix)
        if not self._applies(fix) or not fix.set:
            return text
        changes = "  ".join(f"{name}: {value}" for name, value in fix.set.items())
        return f"{text}  [{changes}]"

    def _applies(self, fix: Fix) -> bool:
        return self._on_fix is not None and (bool(fix.set) or fix.name in self._takes)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "token":
            return self.error.code in _TOKEN_HELPS
        if action != "fix":
            return True
        number = parameters[0]
        return isinstance(number, int) and any(
            n == number and self._applies(fix) for n, fix in enumerate(self.error.fixes, 1)
        )

    def action_fix(self, number: int) -> None:
        fix = self.error.fixes[number - 1]
        self.dismiss(None)
        if self._on_fix:
            self._on_fix(fix)

    def action_token(self) -> None:
        """Enter an access token of the hub that refused."""
        from tui.screens.accounts import AccountsScreen

        named = self.error.values.get("refused") or self.error.values.get("hub")
        hub = next((hub for hub, name in HUB_NAMES.items() if name == named), None)
        self.dismiss(None)
        self.app.push_screen(AccountsScreen(hub if hub in HUBS else None))


def _spaced(widget: Widget) -> Widget:
    """``widget`` with an empty line above it."""
    widget.styles.margin = (1, 0, 0, 0)
    return widget
