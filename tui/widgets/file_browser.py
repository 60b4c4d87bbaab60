"""Finding a file or folder by typing part of its name: one line to type in, what matches below."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from engine import words
from engine.data.kinds import is_data_file
from engine.runs.layout import checkpoint_step
from engine.units import human_bytes
from tui.cells import fit, right
from tui.ink import ink
from tui.symbols import sign
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import RowList

Wanted = Literal["data", "model", "trained"]
# A folder that is looked for holds one of these; each with what it is called.
_ADAPTER, _MODEL = ("adapter_config.json", "adapter_folder"), ("config.json", "model_folder")
_TELLTALE: dict[Wanted, tuple[tuple[str, str], ...]] = {
    "data": (),
    "model": (_MODEL,),
    "trained": (_ADAPTER, _MODEL),
}
_MOST = 500


@dataclass(frozen=True)
class Entry:
    """A file or folder; ``fits`` says whether it is of the kind that is looked for, ``kind`` what
    a folder of that kind is called."""

    path: Path
    folder: bool
    size: int = 0
    fits: bool = False
    kind: str = ""


def listing(folder: Path, typed: str, wanted: Wanted) -> list[Entry]:
    """What is in ``folder`` with ``typed`` in its name: the parent, what fits, other folders.
    Hidden names only where the typed text begins with a dot. Raises OSError."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(".") and not typed.startswith("."):
                continue
            if typed.lower() not in name.lower():
                continue
            made = _entry(entry, wanted)
            if made is not None:
                found.append(made)
    found.sort(key=lambda entry: _place(entry, typed.lower()))
    parent = [] if typed or folder == folder.parent else [Entry(folder.parent, True)]
    return [*parent, *found[:_MOST]]


def _place(entry: Entry, typed: str) -> tuple[bool, bool, int, str]:
    """What fits first, then what begins with the typed text, then checkpoints, the newest on top,
    then by name."""
    name = entry.path.name.lower()
    return not entry.fits, not name.startswith(typed), -checkpoint_step(name), name


def _entry(entry: os.DirEntry[str], wanted: Wanted) -> Entry | None:
    try:
        folder = entry.is_dir()
        size = 0 if folder else entry.stat().st_size
    except OSError:  # a broken link, or no permission
        return None
    path = Path(entry.path)
    if folder:
        kinds = (kind for name, kind in _TELLTALE[wanted] if (path / name).is_file())
        kind = next(kinds, "")
        return Entry(path, True, fits=bool(kind), kind=kind)
    if wanted == "data" and is_data_file(path):
        return Entry(path, False, size, True)
    return None


class PathInput(LineInput):
    """Up, down and tab belong to the list below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "browse_move(-1)", "keys.move", show=False),
        Binding("down", "browse_move(1)", "keys.move", show=False),
        Binding("pageup", "browse_page(-1)", "keys.move", show=False),
        Binding("pagedown", "browse_page(1)", "keys.move", show=False),
        Binding("enter", "submit", "keys.choose", id="browse.choose"),
        Binding("tab", "browse_complete", "keys.browse_complete", id="browse.complete"),
    ]

    def action_browse_move(self, by: int) -> None:
        self.screen.query_one(FileBrowser).rows.action_move(by)

    def action_browse_page(self, by: int) -> None:
        self.screen.query_one(FileBrowser).rows.action_page(by)

    def action_browse_complete(self) -> None:
        self.screen.query_one(FileBrowser).complete()


class FileBrowser(Vertical):
    """Starts in ``folder``. Posts :class:`Chosen` with the path Enter was pressed on."""

    DEFAULT_CSS = """
    FileBrowser #nothing { height: 1; padding: 0 2; }
    FileBrowser RowList { height: 1fr; }
    """

    class Chosen(Message):
        """A path of the kind looked for."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        super().__init__()
        self._folder = folder if folder.is_dir() else Path.home()
        self._wanted: Wanted = wanted
        self._problem = ""

    def compose(self) -> ComposeResult:
        start = _with_slash(self._folder)
        yield PathInput(start, select_on_focus=False)
        yield Static("", id="nothing", markup=False)
        yield RowList(self._draw, self._listed(""), id="entries")

    def on_mount(self) -> None:
        entry = self.query_one(PathInput)
        entry.focus()
        entry.cursor_position = len(entry.value)
        self.rows.can_focus = False

    @property
    def rows(self) -> RowList:
        return self.query_one(RowList)

    def _listed(self, typed: str) -> list[Entry]:
        try:
            self._problem = ""
            return listing(self._folder, typed, self._wanted)
        except OSError as error:
            self._problem = error.strerror or str(error)
            return []

    def _draw(self, row: Entry, cells: int, selected: bool) -> Text:
        # The list is never focused: its cursor is shown all the same.
        here = row is self.rows.current
        line = Text().append(f"{sign('next')} " if here else "  ", ink(self, "ember", bold=True))
        name = ".." if row.path == self._folder.parent else row.path.name
        shown = f"{name}/" if row.folder else name
        style = ink(self, "foreground", bold=True) if here or row.fits else ink(self, "ash")
        line.append(fit(shown, cells - 14), style)
        kind = words.t(f"wizard_data.{row.kind}") if row.kind else ""
        return line.append(right(kind or (human_bytes(row.size) if not row.folder else ""), 11))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        meant = _meant(event.value)
        if meant != event.value:
            self._write(meant)
            return
        folder, typed = _split(meant)
        if folder is not None and folder.is_dir():
            self._folder = folder
        self.rows.show(self._listed(typed))
        none = "" if self.rows.rows else words.t("wizard_data.nothing_here")
        self.query_one("#nothing", Static).update(self._problem or none)
        self.rows.move_to(0 if typed or len(self.rows.rows) < 2 else 1)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        typed = Path(event.value).expanduser()
        if self._wanted == "data" and typed.is_file():
            self.post_message(self.Chosen(typed.resolve()))
            return
        entry = self.rows.current
        if entry is None:
            return
        if entry.fits:
            self.post_message(self.Chosen(entry.path.resolve()))
        else:
            self._enter(entry.path)

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        event.stop()

    def complete(self) -> None:
        """Write the name under the cursor into the line; a folder is entered."""
        entry = self.rows.current
        if entry is None:
            return
        if entry.folder:
            self._enter(entry.path)
        else:
            self._write(str(entry.path))

    def _enter(self, folder: Path) -> None:
        self._write(_with_slash(folder))

    def _write(self, text: str) -> None:
        entry = self.query_one(PathInput)
        entry.value = text
        entry.cursor_position = len(text)


def _with_slash(folder: Path) -> str:
    text = str(folder)
    return text if text.endswith("/") else f"{text}/"


def _meant(text: str) -> str:
    """A whole path typed or pasted behind the shown folder stands for itself."""
    for start in ("//", "/~"):
        _, found, rest = text.rpartition(start)
        if found:
            return f"{start[1]}{rest}"
    return text


def _split(text: str) -> tuple[Path | None, str]:
    """The folder a typed path names, and the part of a name behind it."""
    head, slash, tail = text.rpartition("/")
    return (Path(f"{head}/").expanduser() if slash else None), tail
