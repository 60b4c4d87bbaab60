"""A paragraph behind a lead (a number, a sign), wrapped as Chinese and Latin text both want it."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.widget import Widget

from tui.cells import width
from tui.wrap import wrap


class Prose(Widget):
    """``lead`` stands once, the text hangs beside it."""

    DEFAULT_CSS = "Prose { height: auto; }"

    def __init__(
        self,
        lead_text: str,
        text: str,
        *,
        lead: Style | str = "bold",
        style: Style | str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._lead_text = lead_text
        self._said = text
        self._lead_style = lead
        self._said_style = style

    def say(self, text: str) -> None:
        """Change the paragraph."""
        self._said = text
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._wrapped(width))

    def render(self) -> Text:
        hang = width(self._lead_text)
        text = Text(no_wrap=True).append(self._lead_text, self._lead_style)
        for index, line in enumerate(self._wrapped(self.size.width)):
            text.append(("\n" + " " * hang if index else "") + line, self._said_style)
        return text

    def _wrapped(self, cells: int) -> list[str]:
        return wrap(self._said, cells - width(self._lead_text))
