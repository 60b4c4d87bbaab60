"""One box to find a model or a data set: type a word or an id; this machine, danlu's catalogue and
both hubs are asked at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from engine import words
from engine.hardware import Machine
from engine.hub.reference import Hub
from tui.screens.base import DanluScreen
from tui.widgets.fact_grid import FactGrid
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import RowList
from tui.wizard.hub_facts import hub_facts, offer_from, typed_facts
from tui.wizard.hub_order import SORTS, in_order, with_typed
from tui.wizard.hub_rows import HubHeading, HubRow, draw_hub_row, found_name, hub_line
from tui.wizard.hub_search import HubSearch

REST = 0.35  # seconds without a key before the hubs are asked
_LOOK_EVERY = 0.2


@dataclass(frozen=True)
class HubChoice:
    """What the person took: a source as a spec names it, of which hub (None: whichever has it), and
    whether it is to be fetched now."""

    source: str
    hub: Hub | None = None
    fetch: bool = False


class SearchInput(LineInput):
    """The box. Down goes to what was found."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.to_list", "keys.hub_to_list", id="hub.to_list"),
    ]


class HubBoxScreen(DanluScreen):
    """``taken`` is given what the person takes. Subclasses say the ``kind``: model or dataset."""

    kind: ClassVar[str]
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "to_box", "keys.hub_to_box", id="hub.to_box"),
        Binding("f", "fetch", "keys.model_fetch", id="hub.fetch"),
        Binding("u", "next_hub", "keys.model_next_hub", id="hub.next_hub"),
        Binding("s", "sort", "keys.hub_sort", id="hub.sort"),
        Binding("t", "token", "keys.enter_token", id="hub.token"),
    ]
    DEFAULT_CSS = """
    HubBoxScreen .places { height: 1; color: $ash; }
    HubBoxScreen .heading { height: 1; }
    HubBoxScreen RowList { height: 1fr; }
    HubBoxScreen FactGrid { height: 9; padding: 1 0 0 2; }
    HubBoxScreen.-wide FactGrid, HubBoxScreen.-huge FactGrid { height: 11; }
    """

    def __init__(self, here: Machine, taken: Callable[[HubChoice], None], text: str = "") -> None:
        super().__init__()
        self._here, self._taken = here, taken
        self._text, self._sort = text, "best"
        self._hub: Hub | None = None
        self._search = HubSearch(self.kind)
        self._search.type(text)
        self._rest: Timer | None = None
        self._seen: object = None

    def work(self) -> list[Widget]:
        entry = SearchInput(self._text, placeholder=words.t(f"hub_box.placeholder_{self.kind}"))
        rows = RowList(self._draw, self._rows(), enter="keys.hub_take", id="found")
        places = Static("", classes="places", markup=False)
        return [entry, places, HubHeading(self.kind), rows, FactGrid()]

    def on_mount(self) -> None:
        self.set_interval(_LOOK_EVERY, self._look)
        self._search.ask_hubs()
        self._look()

    def on_unmount(self) -> None:
        self._search.close()

    async def retranslate(self) -> None:
        await super().retranslate()
        self._seen = None
        self._look()

    # What was found

    def _rows(self) -> list[HubRow]:
        found = [HubRow(found) for found in self._search.rows()]
        return with_typed(in_order(found, self._sort, self.kind, self._here), self._typed())

    def _typed(self) -> str:
        """The text itself where it names a path here, or an id that no place told of."""
        text, query = self._text.strip(), self._search.query
        if text.startswith(("/", "~", "./")) and Path(text).expanduser().exists():
            return text
        if query.repo is None:
            return ""
        wanted = query.repo.casefold()
        told = (repo for found in self._search.rows() for _, repo in found.hubs)
        return "" if any(repo.casefold() == wanted for repo in told) else text

    def _draw(self, row: HubRow, cells: int, selected: bool) -> Text:
        return draw_hub_row(self, row, self.kind, self._here, cells, selected)

    def _look(self) -> None:
        state = (self._search.state(), self._sort, self._hub)
        if state == self._seen or not self.query(RowList):
            return
        self._seen = state
        rows = self.query_one(RowList)
        at_top = rows.cursor <= 0
        rows.show(self._rows(), same=None if at_top else lambda row: row.key)
        if at_top:
            rows.move_to(0)
        self.query_one(".places", Static).update(self._places())
        self._show_facts()
        self.refresh_bindings()

    def _places(self) -> str:
        """Who answered what; or why only this machine and the catalogue are shown."""
        search = self._search
        hubs = search.query.hubs
        errors = [error for hub in hubs if (error := search.error(hub))]
        sort = [] if self._sort == "best" else [words.t(f"hub_box.sort_{self._sort}")]
        if not search.query.word:
            return "   ".join(sort or [words.t("hub_box.type_something")])
        if len(errors) == len(hubs):
            return "   ".join([*sort, words.sentences(words.t("search.offline"), errors[0].why)])
        waiting = search.searching
        parts = [
            hub_line(hub, search.count(hub), hub in waiting, search.error(hub) is not None)
            for hub in hubs
        ]
        return "   ".join([*parts, *(error.what for error in errors), *sort])

    def _show_facts(self) -> None:
        row = self._current
        grid = self.query_one(FactGrid)
        if row is None:
            grid.show("", [])
            return
        if row.found is None:
            grid.show(row.typed, typed_facts(self._search))
            return
        grid.show(found_name(row.found), hub_facts(row.found, self._here, self._hub))

    @property
    def _current(self) -> HubRow | None:
        rows = self.query(RowList)
        return rows.first().current if rows else None

    # Keys

    def on_input_changed(self, event: Input.Changed) -> None:
        self._text = event.value
        self._hub = None
        self._search.type(event.value)
        self.query_one(RowList).cursor = 0
        self._after_rest(self._search.ask_hubs)
        self._look()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A whole name means itself, never a longer one that begins so; a word the best hit."""
        typed = self._typed()
        self._take(HubRow(typed=typed) if typed else self._current)

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        self._hub = None
        self._after_rest(self._look_at_current)
        self._show_facts()
        self.refresh_bindings()

    def _look_at_current(self) -> None:
        """Ask the hubs about a line that is not wholly known."""
        row = self._current
        if row is not None and row.found is not None:
            best = row.found.best
            if best is None or not best.looked:
                self._search.look(row.found)

    def _after_rest(self, then: Callable[[], None]) -> None:
        """Do ``then`` when no key came for a moment."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, then)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        self._take(self._current)

    def action_to_list(self) -> None:
        """Go to what was found."""
        rows = self.query_one(RowList)
        rows.focus()
        if rows.current is not None:
            self._after_rest(self._look_at_current)

    def action_to_box(self) -> None:
        """Type again."""
        self.query_one(Input).focus()

    def action_fetch(self) -> None:
        """Take it and fetch it now."""
        self._take(self._current, fetch=True)

    def _take(self, row: HubRow | None, *, fetch: bool = False) -> None:
        if row is not None:
            self.app.pop_screen()
            self._taken(self._choice(row, fetch))

    def _choice(self, row: HubRow, fetch: bool) -> HubChoice:
        found = row.found
        if found is None:
            return HubChoice(row.typed, fetch=fetch)
        offer = offer_from(found, self._hub)
        query = self._search.query
        if self.kind == "dataset" and query.repo in [repo for _, repo in found.hubs]:
            # With its subset and count, if they were typed.
            return HubChoice(self._text.strip(), self._hub, fetch)
        ids = dict(found.hubs)
        source = offer.repo if offer else ids.get(self._hub or "modelscope", found.source)
        hub = self._hub or (query.hubs[0] if len(query.hubs) == 1 else None)
        return HubChoice(source, hub, fetch)

    def action_next_hub(self) -> None:
        """Take it from the other hub."""
        row = self._current
        hubs: list[Hub] = [hub for hub, _ in row.found.hubs] if row and row.found else []
        wanted: tuple[Hub | None, ...] = (None, *hubs)
        self._hub = wanted[(wanted.index(self._hub) + 1) % len(wanted)]
        self._look()

    def action_sort(self) -> None:
        """Sort otherwise: as found, by what fits this machine, by size."""
        self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        self._look()

    def action_token(self) -> None:
        """Enter a token for the hub; then ask again."""
        from tui.screens.accounts import AccountsScreen

        row = self._current
        offer = offer_from(row.found, self._hub) if row and row.found else None
        hub: Hub = offer.hub if offer and offer.hub else "huggingface"
        self.app.push_screen(AccountsScreen(hub, self._search.ask_again))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("to_box", "sort", "fetch", "next_hub", "token"):
            if isinstance(self.focused, Input) or not self.is_mounted:
                return False
            row = self._current
            if action in ("fetch", "next_hub"):
                found = row.found if row else None
                return found is not None and found.here is None and self.kind == "model"
        return super().check_action(action, parameters)


class ModelBoxScreen(HubBoxScreen):
    """The box for models."""

    kind = "model"
    title_key = "hub_box.title_model"


class DataBoxScreen(HubBoxScreen):
    """The box for data sets."""

    kind = "dataset"
    title_key = "hub_box.title_dataset"
