"""Cards by name or size, for a machine that is not here; the table is ``templates/cards.yaml``."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache

import yaml

from engine.errors import DanluError
from engine.home import templates_root
from engine.units import GIB, MIB

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(gib|gb|g|mib|mb|m)\b", re.IGNORECASE)
_NOISE = re.compile(r"nvidia|geforce|tesla|quadro|graphics|generation|[\s\-_/()]+", re.IGNORECASE)


@dataclass(frozen=True)
class Card:
    """A CUDA card: its memory in bytes and its compute capability."""

    name: str
    bytes: int
    capability: tuple[int, int] = (8, 0)


def parse_card(text: str) -> Card:
    """The card that ``text`` names: ``A100 80GB``, ``rtx 4090``, or only a size, ``24GiB``.

    A size alone is taken as a card of compute capability 8.0, which knows bf16; a card's GB are
    GiB, as they are sold. Raises DanluError ``memory.unknown_card``.
    """
    size = _SIZE.search(text)
    name = _SIZE.sub(" ", text).strip()
    if not name:
        if size is None or _bytes(size) < 256 * MIB:
            raise _unknown(text)
        return Card(text.strip(), _bytes(size))
    known = [card for card in cards() if _plain(card.name).startswith(_plain(name))]
    exact = [card for card in known if _plain(_SIZE.sub(" ", card.name)) == _plain(name)]
    chosen = exact or known
    if size is not None:
        wanted = _bytes(size)
        near = [card for card in chosen if abs(card.bytes - wanted) < 0.1 * wanted]
        if not near:
            raise _unknown(text)
        chosen = near
    if not chosen:
        raise _unknown(text)
    return min(chosen, key=lambda card: (len(card.name), card.bytes))


@cache
def cards() -> tuple[Card, ...]:
    """Every card of the table."""
    table = yaml.safe_load((templates_root() / "cards.yaml").read_text(encoding="utf-8"))
    return tuple(
        Card(entry["name"], entry["mib"] * MIB, (entry["capability"][0], entry["capability"][1]))
        for entry in table["cards"]
    )


def _bytes(size: re.Match[str]) -> int:
    unit = GIB if size.group(2).lower().startswith("g") else MIB
    return round(float(size.group(1)) * unit)


def _plain(name: str) -> str:
    return _NOISE.sub("", name).lower()


def _unknown(text: str) -> DanluError:
    plain = {_plain(card.name): card.name for card in cards()}
    near = difflib.get_close_matches(_plain(text), plain, n=3, cutoff=0.4)
    names = [plain[name] for name in near] or ["A100 80GB", "RTX 4090", "T4"]
    return DanluError("memory.unknown_card", card=text, near=", ".join(names))
