"""How much of each source is taken, and which rows are held back for evaluation."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from engine.data.check import check
from engine.data.conversation import Conversation
from engine.data.report import SourceReport
from engine.data.sample import amount, mixed, sampled
from engine.data.split import held_back
from engine.data.survey import Wording, taken
from engine.errors import DanluError
from engine.job import Job
from engine.spec.run_spec import source_from
from engine.spec.sections import Source


def write(tmp_path: Path, rows: int, name: str = "rows.jsonl") -> str:
    path = tmp_path / name
    text = [json.dumps({"query": f"{name} {n}?", "response": "!"}) + "\n" for n in range(rows)]
    path.write_text("".join(text))
    return str(path)


def rows_of(source: Source, seed: int = 42) -> list[Conversation]:
    return list(taken(source, Wording(seed=seed), SourceReport(source.source), Job()))


@pytest.mark.parametrize(
    ("source", "rows", "wanted"),
    [
        (Source("a"), 10, 10),
        (Source("a", share=0.25), 10, 2),
        (Source("a", share=0.5), 3000, 1500),
        (Source("a", repeat=3), 10, 30),
        (Source("a", repeat=1.5), 10, 15),
        (Source("a", sample=4, repeat=2), 10, 8),
        (Source("a", sample=25), 10, 25),
        (Source("a", share=0.1, repeat=2), 3000, 600),
    ],
)
def test_counts_shares_and_repeats_are_exact(source: Source, rows: int, wanted: int) -> None:
    got = list(mixed(range(rows), source, 42))
    assert len(got) == wanted == amount(rows, source)
    assert got == list(mixed(iter(range(rows)), source, 42))
    copies = Counter(got).values()
    assert max(copies) - min(copies) <= 1


def test_shares_are_drawn_by_the_seed_and_the_source() -> None:
    first = list(mixed(range(1000), Source("a", share=0.3), 1))
    assert first != list(mixed(range(1000), Source("a", share=0.3), 2))
    assert first != list(mixed(range(1000), Source("b", share=0.3), 1))


def test_copies_are_trained_but_counted_and_told_of_once(tmp_path: Path) -> None:
    path = write(tmp_path, 10)
    report = check([Source(path, repeat=2)])
    (source,) = report.sources
    assert (source.rows, source.kept, source.taken) == (10, 10, 20)
    assert not report.findings and len(list(report.conversations)) == 20


def test_a_row_stays_on_its_side_when_files_grow_and_sources_are_added(tmp_path: Path) -> None:
    def held(*sources: Source) -> tuple[set[str], set[str]]:
        rows = [row for source in sources for row in rows_of(source)]
        sides = held_back(rows, 0.2)
        pairs = list(zip(rows, sides, strict=True))
        return {r.key for r, side in pairs if side}, {r.key for r, side in pairs if not side}

    small = held(Source(write(tmp_path, 60)))
    more = held(Source(write(tmp_path, 200)), Source(write(tmp_path, 50, "b.jsonl"), repeat=3))
    assert small[0] <= more[0] and small[1] <= more[1]
    assert not more[0] & more[1], "copies of a row stand together"
    assert 20 <= len(more[0]) <= 80


def test_a_source_cannot_ask_for_a_count_and_a_share(tmp_path: Path) -> None:
    with pytest.raises(DanluError) as caught:
        rows_of(Source(write(tmp_path, 3), sample=2, share=0.5))
    assert caught.value.code == "data.sample_and_share"


def test_a_spec_may_write_every_field_of_a_source() -> None:
    entry = {"source": "a.jsonl", "share": 0.5, "repeat": 2, "tags": {"role_tag": "who"}}
    source = source_from(entry)
    assert (source.share, source.repeat, source.tags) == (0.5, 2, {"role_tag": "who"})


class Counted:
    """A row that knows how many of its kind are in memory."""

    here = most = 0

    def __init__(self, number: int) -> None:
        self.number = number
        self.__setstate__({"number": number})

    def __setstate__(self, state: dict[str, int]) -> None:
        self.__dict__.update(state)
        Counted.here += 1
        Counted.most = max(Counted.most, Counted.here)

    def __del__(self) -> None:
        Counted.here -= 1


@pytest.mark.parametrize("count", [900, 5000])
def test_rows_chosen_are_not_held_in_memory(count: int) -> None:
    Counted.most = Counted.here
    made = [row.number for row in sampled(map(Counted, range(2000)), count, 1, "a")]
    assert len(made) == count and Counted.most <= 4
    assert made == list(sampled(range(2000), count, 1, "a"))
