"""A conversation on screen: each question across, the answers below it side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine import words
from tui.cells import fit
from tui.ink import ink
from tui.symbols import sign
from tui.talk import Answer, Turn, VoiceName
from tui.wrap import wrap

Piece = tuple[str, str]  # text and ink


class Transcript(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws only the lines in sight, and follows the newest while it is at the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "keys.scroll", id="transcript.up", show=False),
        Binding("down,j", "scroll_down", "keys.scroll", id="transcript.down", show=False),
        Binding("pageup", "page_up", "keys.scroll", id="transcript.page_up", show=False),
        Binding("pagedown", "page_down", "keys.scroll", id="transcript.page_down", show=False),
        Binding("home,g", "scroll_home", "keys.scroll", id="transcript.first", show=False),
        Binding("end,G", "scroll_end", "keys.scroll", id="transcript.last", show=False),
    ]
    DEFAULT_CSS = """
    Transcript { height: 1fr; background: $background; overflow-x: hidden;
                 scrollbar-size-vertical: 1;
        scrollbar-color: $ash; scrollbar-background: $background; }
    """

    def __init__(self, voices: Sequence[VoiceName] = ("tuned",)) -> None:
        super().__init__()
        self._voices = tuple(voices)
        self._turns: Sequence[Turn] = ()
        self._lines: list[list[Piece]] = []
        self._to_end = False  # on its way to the end, which the layout must know of first
        self._laid: dict[int, tuple[object, list[list[Piece]]]] = {}

    def show(self, turns: Sequence[Turn], voices: Sequence[VoiceName]) -> None:
        """Show these turns; only those that changed are laid out again."""
        self._turns, self._voices = turns, tuple(voices)
        self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._laid.clear()

    @property
    def columns(self) -> list[int]:
        """How many cells each voice has."""
        room = max(8, self.size.width - 1)
        if len(self._voices) < 2:
            return [room]
        left = (room - 3) // 2
        return [left, room - 3 - left]

    def _lay_out(self) -> None:
        if not self.is_mounted or not self.size.width:
            return
        follow = self._to_end or self.scroll_offset.y >= self.max_scroll_y - 1
        lines: list[list[Piece]] = []
        for index, turn in enumerate(self._turns):
            state = (self.size.width, self._voices, *_state(turn))
            if index not in self._laid or self._laid[index][0] != state:
                self._laid[index] = (state, self._turn_lines(turn))
            lines += self._laid[index][1]
        if lines == self._lines:
            return
        self._lines = lines
        self.virtual_size = Size(self.size.width, len(lines))
        self.refresh()
        if follow and not self._to_end:
            self._to_end = True
            self.call_after_refresh(self._go_to_end)

    def _go_to_end(self) -> None:
        self._to_end = False
        self.scroll_end(animate=False, immediate=True, x_axis=False)

    def _turn_lines(self, turn: Turn) -> list[list[Piece]]:
        lines: list[list[Piece]] = []
        for index, line in enumerate(wrap(turn.question, self.size.width - 3)):
            lead = f"{sign('next')} " if index == 0 else "  "
            lines.append([(lead, "ember"), (line, "bold")])
        blocks = [
            _answer_lines(turn.answers[voice], cells) if voice in turn.answers else []
            for voice, cells in zip(self._voices, self.columns, strict=True)
        ]
        for row in range(max(len(block) for block in blocks)):
            lines.append(self._row(blocks, row))
        return [*lines, []]

    def _row(self, blocks: list[list[Piece]], row: int) -> list[Piece]:
        pieces: list[Piece] = []
        for index, (block, cells) in enumerate(zip(blocks, self.columns, strict=True)):
            if index:
                pieces.append((f" {sign('bar')} ", "ash"))
            text, colour = block[row] if row < len(block) else ("", "foreground")
            pieces.append((fit(text, cells), colour))
        return pieces

    def render_line(self, y: int) -> Strip:
        index = y + round(self.scroll_offset.y)
        width, base = self.size.width, self.rich_style
        if index >= len(self._lines):
            return Strip.blank(width, base)
        text = Text(no_wrap=True)
        for piece, colour in self._lines[index]:
            text.append(piece, "bold" if colour == "bold" else ink(self, colour))
        return Strip(text.render(self.app.console)).adjust_cell_length(width).apply_style(base)


def _state(turn: Turn) -> list[object]:
    """All that changes how a turn is drawn."""
    state: list[object] = [words.language(), turn.question]
    for voice, answer in turn.answers.items():
        state += [voice, len(answer.text), answer.state]
    return state


def _answer_lines(answer: Answer, cells: int) -> list[Piece]:
    if answer.state == "waiting":
        return [(words.t("chat_screen.waiting"), "ash")]
    going_on = sign("more") if answer.state == "speaking" else ""
    text = answer.text.strip("\n") + going_on
    lines: list[Piece] = [(line, "foreground") for line in wrap(text, cells)] if text else []
    if answer.state == "failed":
        lines += [(line, "cinnabar") for line in wrap(f"{sign('no')} {answer.note}", cells)]
    elif answer.state == "stopped":
        note = words.t("chat.stopped")
        lines.append((f"{note}  {answer.note}".rstrip(), "gold"))
    elif answer.state == "done":
        lines.append((answer.note, "ash"))
    return lines
