"""Taking a model elsewhere: a form, a folder, what it will take; then the job."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.export.request import DTYPES, FORMATS, PLAIN_QUANTS, SHARDED, read_size
from engine.units import human_bytes
from tui.cells import fit
from tui.export_room import Room, find_room, installed_since
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.row_list import RowList

_QUANTS = (*PLAIN_QUANTS, "q6_k", "q5_k_m", "q4_k_m")
_DTYPES = (None, *DTYPES)
_LOOK_SECONDS = 3.0


class ExportScreen(DanluScreen):
    """``target`` is a run or checkpoint by name, or a model."""

    title_key = "export_screen.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "folder", "keys.export_folder", id="export.folder"),
        Binding("t", "kind", "keys.export_kind", id="export.kind"),
        Binding("z", "shard", "keys.export_shard", id="export.shard"),
        Binding("v", "verify", "keys.export_verify", id="export.verify"),
        Binding("y", "install", "keys.export_install", id="export.install"),
    ]
    DEFAULT_CSS = """
    ExportScreen DetailLines { height: 8; }
    ExportScreen.-tall RowList { height: 10; }
    ExportScreen.-tall DetailLines { height: 1fr; }
    """

    class Looked(Message):
        """A worker knows the sizes."""

        def __init__(self, room: Room | None, error: DanluError | None = None) -> None:
            super().__init__()
            self.room, self.error = room, error

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self._room = Room({}, 0, {})
        self._folder: Path | None = None
        self._quant, self._dtype, self._verify = "q8_0", None, True
        self._shard = ""  # the largest file of weights, as it was typed; nothing: the usual

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        rows = RowList(self._draw, FORMATS, enter="keys.export_start")
        return [rows, DetailLines(self._details())]

    def head_right(self) -> str:
        free = self._room.free
        said = words.t("home.free", bytes=human_bytes(free)) if free else ""
        return "   ".join(part for part in (said, words.language().upper()) if part)

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show()

    def _show(self) -> None:
        title = f"{words.t(self.title_key)} {sign('dot')} {self._target}"
        self.query_one(HeadLine).show(title, self.head_right())
        self.query_one(RowList).show(list(FORMATS), same=lambda row: row)
        self.query_one(DetailLines).show(self._details())
        self.refresh_bindings()

    @property
    def _format(self) -> str:
        chosen = next((rows.current for rows in self.query(RowList)), None)
        return chosen or FORMATS[0]

    def _draw(self, format: str, cells: int, selected: bool) -> Text:
        text = Text().append(f"{sign('next')} " if selected else "  ", ink(self, "ember"))
        name = max(33, min(44, cells * 4 // 10))
        lacks = format in self._room.lacks
        text.append(
            fit(words.t(f"export.format.{format}"), name), ink(self, "ash") if lacks else ""
        )
        size = self._room.sizes.get(format)
        text.append(fit(f"{human_bytes(size)}" if size else "", 10), ink(self, "gold"))
        key = "export_screen.lacks" if lacks else f"export_screen.use.{format}"
        return text.append(fit(words.t(key), max(4, cells - name - 12)), ink(self, "ash"))

    def _details(self) -> list[Detail]:
        lack = self._room.lacks.get(self._format)
        if lack:
            told = lack.fixes[:1] if "install" in lack.values else lack.fixes  # no room for two
            fixes = [Detail(lack.fix_text(fix), "gold", "wrap") for fix in told]
            return [Detail(str(lack), "foreground", "wrap"), *fixes]
        kind = self._kind_words()
        verify = words.t("export_screen.verify_on" if self._verify else "export_screen.verify_off")
        return [
            Detail(words.t(f"export.about.{self._format}"), "foreground", "wrap", "", 2),
            Detail(f"{kind}   {verify}" if kind else verify, "gold"),
            Detail(str(self._to()), "foreground", "cut_start", words.t("export_screen.to") + "  "),
            Detail(shlex.join(["danlu", *self._command()]), "ash", "wrap", "$ ", 3),
            *self._more(),
        ]

    def _more(self) -> list[Detail]:
        if not self.has_class("-tall"):
            return []
        from tui.export_more import more

        blank = Detail("", spare=True)
        told = more(self._format, self._quant, self._to(), self._room, verify=self._verify)
        return [blank, *told]

    def _kind_words(self) -> str:
        if self._format == "gguf":
            return words.t("export_screen.kind", kind=self._quant)
        said = []
        if self._format == "merged":
            kind = self._dtype or words.t("export_screen.as_base")
            said.append(words.t("export_screen.kind", kind=kind))
        if self._format in SHARDED and self._shard:
            said.append(words.t("export_screen.shard", size=self._shard))
        return "   ".join(said)

    def _to(self) -> Path:
        """The folder that was chosen, else a free one below danlu's home."""
        from engine.home import home

        if self._folder is not None:
            return self._folder
        path = Path(self._target)
        name = path.name if path.is_absolute() else self._target.replace("/", "-")
        stem = f"{name}-{self._format}"
        folder = home() / "exports" / stem
        number = 2
        while folder.exists():
            folder, number = folder.with_name(f"{stem}-{number}"), number + 1
        return folder

    def _command(self) -> list[str]:
        parts = ["export", self._target, "--to", str(self._to()), "--format", self._format]
        if self._format == "gguf":
            parts += ["--quant", self._quant]
        if self._format == "merged" and self._dtype:
            parts += ["--dtype", self._dtype]
        if self._format in SHARDED and self._shard:
            parts += ["--shard-size", self._shard]
        if not self._verify:
            parts.append("--no-verify")
        return parts

    # -- looking, in a thread ---------------------------------------------------------------

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)
        self._look()
        self.set_interval(_LOOK_SECONDS, self._look_again)

    def _look_again(self) -> None:
        """What was missing may be installed by now, in another terminal."""
        if installed_since(self._room):
            self._look()

    def on_resize(self) -> None:
        if self.is_mounted:
            self.call_after_refresh(self._show)

    def on_screen_resume(self) -> None:
        if self.is_mounted:  # the folder it would be written to may be taken now
            self._show()

    def _look(self) -> None:
        """In a thread: what each format takes, and what this machine lacks for it."""
        quant, dtype = self._quant, self._dtype

        def look() -> None:
            try:
                self.post_message(self.Looked(find_room(self._target, quant, dtype)))
            except DanluError as error:
                self.post_message(self.Looked(None, error))

        self.run_worker(look, thread=True, exclusive=True, exit_on_error=False, group="room")

    def on_export_screen_looked(self, message: Looked) -> None:
        if message.error is not None:
            self.app.pop_screen()
            self.fail(message.error)
        elif message.room is not None:
            self._room = message.room
            self._show()

    # -- the job -----------------------------------------------------------------------------

    def on_row_list_chosen(self) -> None:
        lack = self._room.lacks.get(self._format)
        if lack is not None:
            self.fail(lack)
        else:
            self.danlu.start_job(self._command())

    # -- keys --------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "kind":
            return self.is_mounted and self._format in ("gguf", "merged")
        if action == "shard":
            return self.is_mounted and self._format in SHARDED
        if action == "install":
            lack = self._room.lacks.get(self._format)
            return lack is not None and "install" in lack.values
        return True

    def on_row_list_moved(self) -> None:
        self.query_one(DetailLines).show(self._details())
        self.refresh_bindings()

    def action_kind(self) -> None:
        if self._format == "gguf":
            self._quant = _QUANTS[(_QUANTS.index(self._quant) + 1) % len(_QUANTS)]
        else:
            self._dtype = _DTYPES[(_DTYPES.index(self._dtype) + 1) % len(_DTYPES)]
        self._show()
        self._look()

    def action_shard(self) -> None:
        ask = AskScreen(
            lambda: words.t("export_screen.ask_shard"),
            lambda: words.t("export_screen.shard_about", usual="5GB"),
            value=self._shard,
            refuse=_not_a_size,
        )
        self.app.push_screen(ask, self._take_shard)

    def _take_shard(self, text: str | None) -> None:
        if text is not None:
            self._shard = text.strip()
            self._show()

    def action_verify(self) -> None:
        self._verify = not self._verify
        self._show()

    def action_install(self) -> None:
        command = str(self._room.lacks[self._format].values["install"])
        self.app.copy_to_clipboard(command)
        self.notify(command, title=words.t("runs.copied"))

    def action_folder(self) -> None:
        ask = AskScreen(lambda: words.t("export_screen.ask"), value=str(self._to()))
        self.app.push_screen(ask, self._take_folder)

    def _take_folder(self, text: str | None) -> None:
        if text:
            self._folder = Path(text).expanduser()
            self._show()


def _not_a_size(text: str) -> str:
    try:
        read_size(text.strip() or "1")
    except DanluError as error:
        return error.fix_text(error.fixes[0])
    return ""
