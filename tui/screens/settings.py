"""Language, colours, ASCII drawing; and where danlu keeps its files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine import words
from engine.home import home
from tui.cells import fit
from tui.ink import ink
from tui.screens.base import DanluScreen
from tui.settings import THEMES, change_settings
from tui.symbols import ascii_only, sign, use_ascii
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.row_list import RowList


@dataclass(frozen=True)
class Choice:
    """One setting and what it may be."""

    name: str
    values: tuple[str, ...]


CHOICES = (
    Choice("language", words.LANGUAGES),
    Choice("theme", THEMES),
    Choice("ascii", ("off", "on")),
)


class SettingsScreen(DanluScreen):
    """One line a setting; a change shows at once and is kept."""

    title_key = "settings.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "accounts", "keys.accounts", id="settings.accounts"),
        Binding("right,space", "change(1)", "keys.setting_change", id="settings.next", show=False),
        Binding("left", "change(-1)", "keys.setting_change", id="settings.before", show=False),
    ]
    DEFAULT_CSS = "SettingsScreen DetailLines { height: 6; }"

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, (None, *CHOICES), selectable=bool, enter="keys.setting_change")
        return [rows, DetailLines(self._details())]

    def _value(self, name: str) -> str:
        if name == "language":
            return words.language()
        if name == "theme":
            return self.app.theme
        return "on" if ascii_only() else "off"

    def _draw(self, choice: Choice | None, cells: int, selected: bool) -> Text:
        text = Text()
        if choice is None:
            return text
        ember, ash = ink(self, "ember", bold=True), ink(self, "ash")
        text.append(f" {sign('next')} " if selected else "   ", ember)
        text.append(fit(words.t(f"settings.{choice.name}"), 22))
        for value in choice.values:
            chosen = value == self._value(choice.name)
            mark = f"{sign('now')} " if chosen else "  "
            word = words.t(f"settings.{choice.name}_{value}")
            text.append(f"{mark}{word}   ", ember if chosen else ash)
        return text

    def _details(self) -> list[Detail]:
        rows = self.query(RowList)
        current: Choice | None = rows.first().current if rows else None
        choice = current or CHOICES[0]
        why = [Detail(words.t(f"settings.{choice.name}_why"), "foreground", "wrap")]
        if choice.name == "theme" and os.environ.get("NO_COLOR"):
            why.append(Detail(words.t("settings.no_color"), "gold", "wrap"))
        place = Detail(words.t("settings.home", path=home()), "ash", "cut_start")
        return [*why, place]

    def action_accounts(self) -> None:
        """The access tokens of the hubs."""
        from tui.screens.accounts import AccountsScreen

        self.app.push_screen(AccountsScreen())

    def on_row_list_moved(self) -> None:
        self.query_one(DetailLines).show(self._details())

    async def on_row_list_chosen(self) -> None:
        await self.action_change(1)

    async def action_change(self, by: int) -> None:
        choice: Choice | None = self.query_one(RowList).current
        if choice is None:
            return
        cursor = self.query_one(RowList).cursor
        at = choice.values.index(self._value(choice.name))
        await self._set(choice.name, choice.values[(at + by) % len(choice.values)])
        self.query_one(RowList).move_to(cursor)
        self.query_one(RowList).focus()

    async def _set(self, name: str, value: str) -> None:
        if name == "language":
            await self.danlu.switch_language()
            return
        if name == "theme":
            self.app.theme = value
            change_settings(theme=value)
            self.query_one(RowList).refresh()
            return
        use_ascii(value == "on")
        change_settings(ascii=value == "on")
        await self.danlu.redraw_all()
