"""What blind votes say, in words and as a line."""

from __future__ import annotations

from engine import words
from engine.chat.votes import Ballot
from engine.chat.win_rate import WinRate
from tui.symbols import sign


def interval(rate: WinRate, cells: int) -> str:
    """The interval on a line from 0 to 1: its ends, the share in it, one half marked."""
    last = cells - 1
    low, high = round(rate.low * last), round(rate.high * last)
    line = [sign("line") if low <= at <= high else " " for at in range(cells)]
    line[last // 2] = sign("bar")
    line[round((rate.share or 0) * last)] = sign("now")
    return "".join(line)


def percent(rate: WinRate, name: str) -> str:
    """``71 % (47–87 %)`` of ``name``; empty where nothing is decided."""
    if rate.share is None:
        return ""
    values = {"share": rate.share, "low": rate.low, "high": rate.high}
    return words.t(
        "blind.percent", name=name, **{key: round(100 * at) for key, at in values.items()}
    )


def verdict(ballot: Ballot) -> str:
    """What the votes say, in a sentence."""
    rate = ballot.tally.rate
    if not rate.decided:
        return words.t("blind.undecided")
    if rate.share == 0.5:
        return words.t("blind.level")
    better = ballot.b if (rate.share or 0) > 0.5 else ballot.a
    return words.t("blind.clear" if rate.clear else "blind.unclear", name=better)
