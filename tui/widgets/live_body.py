"""How the panes of the live screen stand: two columns above, two below.

What opens on larger terminals is said by LiveScreen, whose classes tell the size.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tui.live_panes import LivePanes
from tui.widgets.banner import Banner
from tui.widgets.divider import Divider
from tui.widgets.pane import Pane


class LiveBody(Vertical):
    """``zoomed`` is the pane that stands alone, None while all do."""

    DEFAULT_CSS = """
    LiveBody { height: 1fr; }
    LiveBody #top { height: 1fr; }
    LiveBody #side { width: 26; }
    LiveBody #machine { height: 6; max-height: 75%; }
    LiveBody #small { height: 12; display: none; }
    LiveBody #bottom { height: 8; }
    LiveBody .-away { display: none !important; }
    LiveBody .-alone { width: 1fr !important; height: 1fr !important; }
    """

    def __init__(self, panes: LivePanes, banner: Banner) -> None:
        super().__init__()
        self.panes = panes
        self.banner = banner
        self.zoomed: Pane | None = None

    def compose(self) -> ComposeResult:
        panes = self.panes
        yield self.banner
        with Horizontal(id="top"):
            yield panes.loss
            yield panes.seam
            with Vertical(id="side"):
                yield panes.machine
                yield panes.checkpoints
        with Horizontal(id="small"):
            yield panes.learning_rate
            yield Divider()
            yield panes.grad_norm
            yield Divider()
            yield panes.speed
        with Horizontal(id="bottom"):
            yield panes.log
            yield Divider()
            yield panes.watch

    def zoom(self, pane: Pane | None) -> None:
        """Hide all that does not contain ``pane``; None shows everything again."""
        self.zoomed = pane
        kept = set(pane.ancestors_with_self) if pane else set()
        for widget in self.query("Horizontal, Vertical, Pane, Divider").results(Widget):
            widget.set_class(pane is not None and widget not in kept, "-away")
            widget.set_class(widget in kept, "-alone")
