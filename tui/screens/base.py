"""What every screen has: a head line, the work, the key line; help; words that change language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from tui.screens.redraw import redraw
from tui.typed_keys import know_typed_keys
from tui.widgets.head_line import HeadLine
from tui.widgets.key_bar import KeyBar

know_typed_keys()

if TYPE_CHECKING:
    from tui.app import DanluApp


class DanluScreen(Screen[None]):
    """Subclasses give ``TITLE`` words in ``title_key`` and their widgets in :meth:`work`.

    Descriptions of BINDINGS are word keys (``keys.<id>``, with ``label`` and ``help``). A binding
    on a printable key does nothing while an input has the focus: the input gets the key.
    """

    title_key: ClassVar[str] = "home.title"

    # Textual repaints the whole screen whenever the focus moves: 6 kB over a slow line. The two
    # widgets concerned repaint themselves.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "keys.back", id="back"),
        Binding("question_mark,f1", "help", "keys.help", id="help"),
    ]

    DEFAULT_CSS = """
    DanluScreen { background: $background; color: $foreground; }
    DanluScreen > .work { height: 1fr; padding: 0 1; }
    """

    def foremost(self) -> Sequence[str]:
        """Actions whose keys come first on the key line, as bindings name them."""
        return ()

    @property
    def danlu(self) -> DanluApp:
        """The app, typed."""
        return cast("DanluApp", self.app)

    def compose(self) -> ComposeResult:
        yield HeadLine(words.t(self.title_key), self.head_right())
        yield Vertical(*self.work(), classes="work")
        yield KeyBar()

    def work(self) -> list[Widget]:
        """The widgets between head and key line, made from the screen's state: called again when
        the language changes."""
        return []

    def head_right(self) -> str:
        """What stands at the right of the head line."""
        return words.language().upper()

    async def retranslate(self) -> None:
        """Draw every word again, in the language that is now in use."""
        await redraw(self)

    def on_resize(self) -> None:
        from tui.screens.too_small import TooSmallScreen, too_small

        if self.is_current and too_small(self.app.size):
            self.app.push_screen(TooSmallScreen())

    def fail(self, error: DanluError) -> None:
        """Show a named error: what, why, and its fixes."""
        from tui.screens.error import ErrorScreen

        self.app.push_screen(ErrorScreen(error))

    def action_back(self) -> None:
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self))

    async def action_language(self) -> None:
        await self.danlu.switch_language()
