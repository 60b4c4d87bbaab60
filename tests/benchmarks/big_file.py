"""A large file of good rows, made from a seed: what the benchmarks and trials by hand read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

_ENGLISH = (  # noqa: SIM905
    "the model learns from each row what to answer when it is asked and the loss falls as it does "
    "so while a second set of rows held back tells whether it has understood or only remembered "
    "because water boils at one hundred degrees and Paris is the capital of France we may expect "
    "that a question about either is answered in a few words without a doubt and without haste"
).split()
_CHINESE = "模型从每一行数据里学习应当怎样回答问题损失随之下降验证集则说明它是真正理解还是死记硬背"
_SYSTEMS = (None, None, "Answer briefly.", "你是一个有用的助手。")
_SHARE_CHINESE = 0.25


def write_rows(path: Path, rows: int, *, bytes_a_row: int = 1000, copies: int = 1000) -> None:
    """``rows`` conversations of about ``bytes_a_row`` bytes each as JSON Lines, every
    ``copies``-th one the copy of an earlier row, with another ``id``."""
    with open(path, "w", encoding="utf-8") as file:
        for row in conversations(rows, bytes_a_row, copies):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def conversations(rows: int, bytes_a_row: int = 1000, copies: int = 1000) -> Iterator[dict]:
    """The rows of :func:`write_rows`."""
    draw = random.Random(7)
    kept = None
    for number in range(rows):
        if kept is not None and number % copies == copies - 1:
            yield {**kept, "id": number}
            continue
        row = _conversation(draw, number, bytes_a_row)
        if number % copies == 0:
            kept = row
        yield row


def _conversation(draw: random.Random, number: int, size: int) -> dict:
    chinese = draw.random() < _SHARE_CHINESE
    system = draw.choice(_SYSTEMS)
    left = size - 160
    turns = [] if system is None else [{"role": "system", "content": system}]
    pairs = draw.choice((1, 1, 1, 2))
    for _ in range(pairs):
        asked = _words(draw, chinese, left // pairs // 4)
        turns.append({"role": "user", "content": f"{number}: {asked}?"})
        told = _words(draw, chinese, left // pairs * 3 // 4)
        turns.append({"role": "assistant", "content": told + "."})
    return {"id": number, "messages": turns}


def _words(draw: random.Random, chinese: bool, size: int) -> str:
    """Words of about ``size`` bytes, around half as many or half as many again."""
    size = max(4, int(size * draw.uniform(0.5, 1.5)))
    if chinese:
        text = "".join(draw.choices(_CHINESE, k=size // 3))
        return "\n".join(text[at : at + 60] for at in range(0, len(text), 60))
    return " ".join(draw.choices(_ENGLISH, k=size // 5))
