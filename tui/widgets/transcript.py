"""A conversation on screen: each question across, the answers below it side by side or stacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine import words
from engine.chat.conversation import Turn
from tui.answer_lines import Piece, answer_lines
from tui.cells import fit
from tui.ink import ink
from tui.symbols import sign
from tui.wrap import wrap

_PREFACE_LINES = 6  # of one paragraph
LEAST_COLUMN = 36  # cells: voices with less are stacked


class Transcript(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws only the lines in sight, and follows the newest while it is at the end. ``titles`` are
    the voices shown, by name."""

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

    def __init__(self) -> None:
        super().__init__()
        self._titles: dict[str, str] = {}
        self._turns: Sequence[Turn] = ()
        self._marked: int | None = None
        self._thoughts = False
        self._pace = True
        self._about: Sequence[str] = ()
        self._preface: Sequence[Piece] = ()
        self._lines: list[list[Piece]] = []
        self._starts: list[int] = []
        self._to_end = False  # on its way to the end, which the layout must know of first
        self._laid: dict[int, tuple[object, list[list[Piece]]]] = {}

    def show(
        self,
        turns: Sequence[Turn],
        titles: dict[str, str],
        *,
        marked: int | None = None,
        thoughts: bool = False,
        about: Sequence[str] = (),
        preface: Sequence[Piece] = (),
        pace: bool = True,
    ) -> None:
        """Show these turns; only those that changed are laid out again. ``marked`` is the number of
        a turn to point at, ``thoughts`` unfolds them; ``about`` stands where there is no turn,
        ``preface`` before the first; ``pace`` says below each answer what it took."""
        moved = marked != self._marked and marked is not None
        self._turns, self._titles, self._marked = turns, dict(titles), marked
        self._thoughts, self._about, self._pace = thoughts, about, pace
        self._preface = preface
        self._lay_out()
        if moved and marked is not None and marked < len(self._starts):
            self.scroll_to(y=max(0, self._starts[marked] - 1), animate=False, force=True)

    def on_resize(self) -> None:
        self._lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._laid.clear()

    @property
    def stacked(self) -> bool:
        """Whether the voices stand below each other."""
        return stacked(self.size.width - 1, len(self._titles))

    def _lay_out(self) -> None:
        if not self.is_mounted or not self.size.width:
            return
        follow = self._to_end or self.scroll_offset.y >= self.max_scroll_y - 1
        lines: list[list[Piece]] = [[], *self._preface_lines()]  # the heads keep their distance
        self._starts = []
        for index, turn in enumerate(self._turns):
            marked = index == self._marked
            look = (self.size.width, *self._titles.items(), self._thoughts, marked)
            state = (look, *_state(turn))
            if index not in self._laid or self._laid[index][0] != state:
                self._laid[index] = (state, self._turn_lines(turn, marked))
            self._starts.append(len(lines))
            lines += self._laid[index][1]
        if not self._turns:
            lines += self._about_lines()
        if lines == self._lines:
            return
        self._lines = lines
        self.virtual_size = Size(self.size.width, len(lines))
        self.refresh()
        if follow and not self._to_end and self._turns:
            self._to_end = True
            self.call_after_refresh(self._go_to_end)

    def _go_to_end(self) -> None:
        self._to_end = False
        self.scroll_end(animate=False, immediate=True, x_axis=False)

    def _about_lines(self) -> list[list[Piece]]:
        room = max(8, min(76, self.size.width - 4))
        said = [line for part in self._about for line in (*wrap(part, room), "")]
        return [[("  " + line, "ash")] for line in said]

    def _preface_lines(self) -> list[list[Piece]]:
        """Each of its paragraphs wrapped, a long one cut."""
        room = max(8, self.size.width - 6)
        lines: list[list[Piece]] = []
        for text, colour in self._preface:
            whole = wrap(text, room)
            last = " ".join(whole[_PREFACE_LINES - 1 :])
            first, *more = [*whole[: _PREFACE_LINES - 1], *([fit(last, room)] if last else [])]
            lines += [[("  " + first, colour)], *([("    " + line, colour)] for line in more)]
        return [*lines, []] if lines else []

    def _turn_lines(self, turn: Turn, marked: bool) -> list[list[Piece]]:
        lines: list[list[Piece]] = []
        for index, line in enumerate(wrap(turn.question, self.size.width - 3)):
            lead = f"{sign('best' if marked else 'next')} " if index == 0 else "  "
            lines.append([(lead, "ember"), (line, "bold")])
        body = self._stack(turn) if self.stacked else self._columns(turn)
        return [*lines, *body, []]

    def _stack(self, turn: Turn) -> list[list[Piece]]:
        lines: list[list[Piece]] = []
        room = max(8, self.size.width - 4)
        for name, title in self._titles.items():
            if name in turn.answers:
                lines.append([(f"  {sign('last')} ", "ash"), (title, "gold")])
                said = self._answer(turn, name, room - 1)
                lines += [[("    ", "ash"), piece] for piece in said]
        return lines

    def _columns(self, turn: Turn) -> list[list[Piece]]:
        cells = column_widths(self.size.width - 1, len(self._titles))
        blocks = [
            self._answer(turn, name, room) if name in turn.answers else []
            for name, room in zip(self._titles, cells, strict=True)
        ]
        height = max((len(block) for block in blocks), default=0)
        return [self._row(blocks, cells, row) for row in range(height)]

    def _answer(self, turn: Turn, name: str, room: int) -> list[Piece]:
        return answer_lines(turn.answers[name], room, self._thoughts, self._pace)

    def _row(self, blocks: list[list[Piece]], cells: list[int], row: int) -> list[Piece]:
        pieces: list[Piece] = []
        for index, (block, room) in enumerate(zip(blocks, cells, strict=True)):
            if index:
                pieces.append((f" {sign('bar')} ", "ash"))
            text, colour = block[row] if row < len(block) else ("", "foreground")
            pieces.append((fit(text, room), colour))
        return pieces

    def render_line(self, y: int) -> Strip:
        index = y + round(self.scroll_offset.y)
        cells, base = self.size.width, self.rich_style
        if index >= len(self._lines):
            return Strip.blank(cells, base)
        text = Text(no_wrap=True)
        for piece, colour in self._lines[index]:
            text.append(piece, "bold" if colour == "bold" else ink(self, colour))
        return Strip(text.render(self.app.console)).adjust_cell_length(cells).apply_style(base)


def stacked(room: int, voices: int) -> bool:
    """Whether ``voices`` columns in ``room`` cells would be too narrow to read."""
    return voices > 1 and min(column_widths(room, voices)) < LEAST_COLUMN


def column_widths(room: int, voices: int) -> list[int]:
    """How many cells each of ``voices`` columns has, three left between two."""
    if voices < 2:
        return [max(8, room)] * voices
    free = max(8 * voices, room - 3 * (voices - 1))
    return [free // voices + (index >= voices - free % voices) for index in range(voices)]


def _state(turn: Turn) -> list[object]:
    """All that changes how a turn is drawn."""
    state: list[object] = [words.language(), turn.question]
    for voice, answer in turn.answers.items():
        state += [voice, len(answer.text), answer.state]
    return state
