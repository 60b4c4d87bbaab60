"""One line that is there only while there is something to say."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tui.cells import fit
from tui.ink import ink
from tui.symbols import sign


class NoteLine(Widget):
    """Hidden without words."""

    DEFAULT_CSS = """
    NoteLine { height: 1; display: none; }
    NoteLine.-said { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._said = ""

    def show(self, said: str) -> None:
        """Say something else, or with an empty text nothing."""
        if said != self._said:
            self._said = said
            self.set_class(bool(said), "-said")
            self.refresh()

    def render(self) -> Text:
        text = fit(f"{sign('warn')} {self._said}", self.size.width)
        return Text(text, ink(self, "gold"), no_wrap=True)
