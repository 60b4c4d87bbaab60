"""A Markdown page to read through: a model card, a report."""

from __future__ import annotations

import re
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Markdown

from engine import words
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine

_FENCE = "---"
_PICTURE = re.compile(r"!\[(.*?)\]\((.*?)\)")


class PageScreen(DanluScreen):
    """``about`` says of what ``text`` is the page; ``path`` is its file, None where it has none."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", "keys.move", show=False, id="page.down"),
        Binding("k,up", "scroll(-1)", "keys.move", show=False, id="page.up"),
        Binding("y", "copy", "keys.run_copy", id="page.copy"),
    ]
    DEFAULT_CSS = """
    PageScreen VerticalScroll {
        height: 1fr; padding: 0 1; scrollbar-size-vertical: 1;
        scrollbar-color: $ash; scrollbar-background: $background;
    }
    PageScreen Markdown { background: $background; padding: 0; margin: 0; max-width: 120; }
    PageScreen MarkdownHeader { content-align: left middle; margin: 1 0; color: $primary; }
    PageScreen MarkdownH1 { background: $background; margin: 0 0 1 0; }
    PageScreen MarkdownH2 { background: $background; text-style: bold; }
    PageScreen DetailLines { height: 3; }
    """

    def __init__(self, title: str, about: str, text: str, path: str | None = None) -> None:
        super().__init__()
        self._title, self._about, self._text, self._path = title, about, text, path

    def on_mount(self) -> None:
        self.call_after_refresh(self._show_title)

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show_title()

    def _show_title(self) -> None:
        self.query_one(HeadLine).show(self._title, self.head_right())

    def work(self) -> list[Widget]:
        page = VerticalScroll(Markdown(_readable(self._text), open_links=False))
        if self._path is None:
            return [page]
        where = Detail(self._path, "jade", "cut_start", f"{sign('yes')} ")
        return [page, DetailLines([where])]

    def head_right(self) -> str:
        return f"{self._about}   {words.language().upper()}"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "copy" or self._path is not None

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        if self._path is not None:
            self.app.copy_to_clipboard(self._path)
            self.notify(self._path, title=words.t("runs.copied"))


def _readable(text: str) -> str:
    """The page with its pictures named and its front matter as a block at its end."""
    text = _PICTURE.sub(r"*\1: \2*", text)
    if not text.startswith(_FENCE + "\n"):
        return text
    head, _, rest = text[len(_FENCE) + 1 :].partition(f"\n{_FENCE}\n")
    return f"{rest}\n\n```yaml\n{head}\n```\n"
