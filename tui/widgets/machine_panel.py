"""How hard the machine works (each card by NVML, or CPU and RAM without one), and the pace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import words
from engine.runs.journal import Event
from engine.units import GIB, human_count
from tui.cells import fit, right, width
from tui.run_model import RunModel
from tui.symbols import sign
from tui.widgets.line_view import Row, clip
from tui.widgets.meter import meter
from tui.widgets.pane import Pane
from tui.widgets.ticks import number, rate

_NEARLY_FULL = 0.95
_DETAILED = 2  # cards beyond which each gets one line


class MachinePanel(Pane):
    """Shows the newest ``device`` event of ``model`` and the pace of its newest step."""

    def __init__(self, model: RunModel, number: str = "", *, id: str | None = None) -> None:
        super().__init__(number, id=id)
        self.model = model

    def title(self) -> Row:
        return [(words.t("live.machine.title"), "bold")]

    def body(self, width: int, height: int) -> Sequence[Row]:
        pace = pace_rows(self.model.last_step, width - 1)
        device = device_rows(self.model.device, width - 1, height - len(pace))
        return [[(" ", "text"), *clip(row, width - 1)] for row in [*device, *pace]]

    def rows_wanted(self) -> int:
        """How many rows, title included, show all there is to show."""
        cards = len(self.model.device.get("gpus") or ())
        each = 1 if cards > _DETAILED else 4
        pace = pace_rows(self.model.last_step, 0)
        return 1 + (each * cards if cards else 2) + len(pace)


def pace_rows(step: Event, cells: int) -> list[Row]:
    """Tokens a second, learning rate, gradient norm; of preferences how many pairs are in the
    right order, and how far apart. The figures stand below those of the device."""
    speed = step.get("tokens_per_second")
    return [
        *_rewards(step, cells),
        _figure("live.machine.speed", human_count(speed) if speed else "–", cells),
        _figure("live.machine.learning_rate", rate(step.get("learning_rate")), cells),
        _figure("live.machine.grad_norm", number(step.get("grad_norm")), cells),
    ]


def _rewards(step: Event, cells: int) -> list[Row]:
    if step.get("reward_accuracy") is None:
        return []
    return [
        _figure("live.machine.preferred", f"{step['reward_accuracy']:.0%}", cells),
        _figure("live.machine.margin", number(step.get("reward_margin")), cells),
    ]


def _figure(key: str, value: str, cells: int) -> Row:
    return [(fit(words.t(key), 9), "ash"), (right(value, max(7, cells - 9)), "text")]


def device_rows(device: Event, cells: int, height: int) -> list[Row]:
    """The device's readings in at most ``height`` rows of ``cells``."""
    cards: list[dict[str, Any]] = device.get("gpus") or []
    if not cards:
        return _host_rows(device, cells)
    if len(cards) > _DETAILED or 4 * len(cards) > height:
        return [_card_line(card, cells) for card in cards][:height]
    return [row for card in cards for row in _card_rows(card, cells)]


def _host_rows(device: Event, cells: int) -> list[Row]:
    cpu = device.get("cpu_percent")
    ram, total = device.get("ram_bytes"), device.get("ram_total_bytes")
    return [
        _bar("live.machine.cpu", cpu / 100 if cpu is not None else None, _percent(cpu), cells),
        _bar("live.machine.ram", _share(ram, total), _of(ram, total), cells),
    ]


def _card_line(card: dict[str, Any], cells: int) -> Row:
    """``0  97% ━━━━── 19.2/24 G 61°``."""
    used, total = card.get("memory_bytes"), card.get("memory_total_bytes")
    share, heat = _share(used, total), card.get("temperature")
    full = share is not None and share >= _NEARLY_FULL
    hot = bool(card.get("throttled"))
    heat_text = f"{heat:.0f}°" if heat is not None else ""
    return [
        (f"{card.get('index', 0)} ", "bold"),
        (right(_percent(card.get("utilisation")), 4) + " ", "text"),
        *meter(share, max(3, cells - 21), "cinnabar" if full else "ember"),
        (right(_of(used, total), 10), "cinnabar bold" if full else "text"),
        (right(heat_text + (sign("warn") if hot else ""), 4), "cinnabar" if hot else "ash"),
    ]


def _card_rows(card: dict[str, Any], cells: int) -> list[Row]:
    used, total = card.get("memory_bytes"), card.get("memory_total_bytes")
    busy = card.get("utilisation")
    name = f"{card.get('index', 0)} {_short(str(card.get('name', '')))}"
    heat = _heat(card)
    share = _share(used, total)
    memory = _bar("live.machine.memory", share, _of(used, total), cells, watch=True)
    return [
        [(name, "bold")],
        _bar("live.machine.gpu", busy / 100 if busy is not None else None, _percent(busy), cells),
        memory,
        heat,
    ]


def _heat(card: dict[str, Any]) -> Row:
    parts = []
    if card.get("temperature") is not None:
        parts.append(f"{card['temperature']:.0f} °C")
    if card.get("power_watts") is not None:
        parts.append(f"{card['power_watts']:.0f} W")
    row: Row = [("  ".join(parts), "ash")]
    if card.get("throttled"):
        row.append((f"  {sign('warn')} {words.t('live.machine.throttled')}", "cinnabar"))
    return row


def _bar(key: str, share: float | None, text: str, cells: int, watch: bool = False) -> Row:
    """A label, a meter, a figure; ``watch`` marks it when nearly full."""
    full = watch and share is not None and share >= _NEARLY_FULL
    label = words.t(key)
    room = cells - 5 - 10 - 1
    return [
        (fit(label, 5), "ash"),
        *meter(share, max(3, room), "cinnabar" if full else "ember"),
        (right(text, 10), "cinnabar bold" if full else "text"),
        (sign("warn") if full else "", "cinnabar"),
    ]


def _share(used: float | None, total: float | None) -> float | None:
    return used / total if used is not None and total else None


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}%"


def _of(used: float | None, total: float | None) -> str:
    """``19.2/24 G``: both in GiB."""
    if used is None or not total:
        return "–"
    return f"{used / GIB:.1f}/{total / GIB:.0f} G"


def _short(name: str) -> str:
    """A card's name without what every card's name has."""
    for noise in ("NVIDIA ", "GeForce ", "Quadro "):
        name = name.replace(noise, "")
    return name if width(name) else "GPU"
