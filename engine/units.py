"""Bytes, seconds and counts as a person reads them."""

from __future__ import annotations

import math

from engine import words

KIB, MIB, GIB = 2**10, 2**20, 2**30


def human_bytes(count: float) -> str:
    """``9.4 MiB``: binary units, three significant digits at most."""
    for size, unit in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if abs(count) >= size:
            number = count / size
            return f"{number:.0f} {unit}" if abs(number) >= 100 else f"{number:.1f} {unit}"
    return f"{count:.0f} B"


def human_duration(seconds: float | None) -> str:
    """``45 s``, ``3:05``, ``1:02:03``, ``2 d 04:00``; ``–`` when unknown."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02d}:{minutes:02d}"
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def human_count(number: float) -> str:
    """``135 M``, ``7.62 B``, ``1 310``: counts of parameters, tokens, rows."""
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(number) >= size:
            value = number / size
            return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    return f"{number:,.0f}".replace(",", " ")


def human_amount(count: float, unit: str) -> str:
    """``1 row``, ``1 310 rows``, ``9.4 MiB``; the bare count where no words stand for ``unit``."""
    return human_bytes(count) if unit == "bytes" else with_unit(human_count(count), unit)


def human_progress(done: float, total: float | None, unit: str) -> str:
    """``320 / 500 rows``, ``1.2 GiB / 3.4 GiB``; ``320 rows`` of an unknown total, and nothing for
    none of it."""
    if not total:
        return human_amount(done, unit) if done else ""
    so_far = human_bytes(done) if unit == "bytes" else human_count(done)
    return f"{so_far} / {human_amount(total, unit)}"


def with_unit(number: str, unit: str) -> str:
    """``1 row``, ``0.5 epochs``: a number as it is shown, and its unit in words."""
    key = f"unit.amount.{unit}"
    return words.t(key, count=number) if words.has(key) else number
