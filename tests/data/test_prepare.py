"""From a spec to training rows: sampled, filled, split, rendered; refused when too much is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.data import encoded
from engine.data.encode import Encoder
from engine.data.prepare import Prepared, prepare
from engine.data.preview import histogram, percentiles, preview
from engine.data.questions import trained_questions
from engine.data.render import IGNORED
from engine.errors import DanluError
from engine.job import Cancelled, Job
from engine.spec.run_spec import RunSpec
from engine.spec.sections import Source
from tests.data.templates import tokenizer_of

if TYPE_CHECKING:
    from datasets import Dataset


def rows(count: int, **extra: Any) -> list[dict[str, Any]]:
    return [{"instruction": f"{n}+0?", "output": f"It is {n}.", **extra} for n in range(count)]


def write(path: Path, entries: list[Any]) -> str:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return str(path)


def spec(*sources: Any, **data: Any) -> RunSpec:
    return RunSpec.from_mapping({"data": {"train": list(sources), **data}})


def prepared(*sources: Any, **data: Any) -> Prepared:
    return prepare(spec(*sources, **data), tokenizer_of("QWEN25"), Job())


def answers(rows: Dataset | None) -> list[str]:
    """The last answer that is learnt from each of ``rows``."""
    learnt = [[token for token in labels if token != IGNORED] for labels in (rows or {})["labels"]]
    said = tokenizer_of("QWEN25").batch_decode(learnt)
    return [text.removesuffix("<|im_end|>").rpartition("<|im_end|>")[2] for text in said]


def test_rows_are_token_ids_and_labels_of_the_answers_alone(tmp_path: Path) -> None:
    made = prepared(write(tmp_path / "a.jsonl", rows(3)))
    assert made.train.column_names == ["input_ids", "labels"] and made.eval is None
    row = made.train[1]
    learnt = [token for token in row["labels"] if token != IGNORED]
    assert tokenizer_of("QWEN25").decode(learnt) == "It is 1.<|im_end|>"
    assert len(row["labels"]) == len(row["input_ids"])


def test_the_same_spec_gives_the_same_rows(tmp_path: Path) -> None:
    source = {"source": write(tmp_path / "a.jsonl", rows(40)), "sample": 10}
    one, other = (prepared(source, eval_fraction=0.2) for _ in range(2))
    assert one.train[:] == other.train[:] and one.eval and other.eval
    assert one.eval[:] == other.eval[:] and one.fingerprints == other.fingerprints


def test_rows_encoded_before_are_taken_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    entries = [*rows(30), {"instruction": "?", "output": ""}, *rows(3)]
    asked: dict[str, Any] = {"eval_fraction": 0.2, "max_dropped": 0.5}
    one = prepared(write(path, entries), **asked)
    monkeypatch.setattr(Encoder, "encode_many", None)
    other = prepared(str(path), **asked)
    assert one.eval and other.eval and one.fingerprints == other.fingerprints
    assert (one.train[:], one.eval[:]) == (other.train[:], other.eval[:])
    assert one.report.document() == other.report.document()
    with pytest.raises(TypeError):
        prepared(write(path, [*entries, *rows(1)]), **asked)
    with pytest.raises(TypeError):
        prepared(write(path, entries), **asked, max_length=64)


def test_damaged_or_half_written_rows_are_encoded_anew(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", rows(5))
    one = prepared(source)
    (kept,) = (folder for folder in encoded.cache_root().iterdir() if folder.is_dir())
    (kept / "about.pickle").write_bytes(b"cut")
    assert prepared(source).train[:] == one.train[:]
    (kept / "rows.arrow").unlink()
    assert prepared(source).train[:] == one.train[:]


def test_what_was_not_used_for_longest_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded, "MOST", 1)
    for number in range(3):
        prepared(write(tmp_path / f"{number}.jsonl", rows(2 + number)))
    (kept,) = (folder for folder in encoded.cache_root().iterdir() if folder.is_dir())
    assert (kept / "rows.arrow").is_file()


def test_a_sample_takes_so_many_rows_in_their_order(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", rows(40))
    made = prepared({"source": source, "sample": 10})
    said = answers(made.train)
    numbers = [int(answer[6:-1]) for answer in said]
    assert len(numbers) == 10 and numbers == sorted(set(numbers)) != list(range(10))
    assert said == answers(prepared(f"{source}#10").train)


def test_a_sample_larger_than_the_source_repeats_it_whole(tmp_path: Path) -> None:
    made = prepared({"source": write(tmp_path / "a.jsonl", rows(4)), "sample": 10})
    counts = [answers(made.train).count(f"It is {n}.") for n in range(4)]
    assert sorted(counts) == [2, 2, 3, 3]
    (source,) = made.report.sources
    assert (source.rows, source.kept, source.taken, source.dropped) == (4, 4, 10, 0)
    assert made.report.findings == []


def test_a_row_keeps_its_side_when_its_file_grows(tmp_path: Path) -> None:
    def held(count: int) -> set[str]:
        made = prepared(write(tmp_path / f"{count}.jsonl", rows(count)), eval_fraction=0.1)
        return set(answers(made.eval))

    small, large = held(100), held(200)
    assert 3 <= len(small) <= 20
    assert {a for a in large if int(a[6:-1]) < 100} == small


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_few_rows_still_leave_one_on_each_side(tmp_path: Path, count: int) -> None:
    made = prepared(write(tmp_path / "a.jsonl", rows(count)), eval_fraction=0.01)
    assert made.eval is not None
    assert (len(made.train), len(made.eval)) == (count - 1, 1)


def test_equal_rows_stay_on_one_side(tmp_path: Path) -> None:
    made = prepared(write(tmp_path / "a.jsonl", rows(30) * 2), eval_fraction=0.3)
    assert set(answers(made.eval)).isdisjoint(answers(made.train))


def test_own_evaluation_data_is_all_held_back(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", rows(5))
    made = prepared(source, eval=[write(tmp_path / "b.jsonl", rows(3))])
    assert made.eval is not None and (len(made.train), len(made.eval)) == (5, 3)
    assert len(made.fingerprints) == 2


def test_too_many_bad_rows_are_refused_until_the_share_is_confirmed(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", [*rows(8), {"instruction": "?", "output": ""}])
    with pytest.raises(DanluError) as caught:
        prepared(source)
    error = caught.value
    assert error.code == "data.too_many_dropped" and "empty answer × 1" in error.why
    (change,) = (fix.set for fix in error.fixes if fix.set)
    made = prepare(spec(source).with_values(change), tokenizer_of("QWEN25"), Job())
    assert (len(made.train), made.report.dropped) == (8, 1)


def test_rows_left_out_while_rendering_count_as_well(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", [*rows(3), {"instruction": "?", "output": "x " * 500}])
    with pytest.raises(DanluError) as caught:
        prepared(source, max_length=64, over_long="drop")
    assert caught.value.code == "data.too_many_dropped"


def test_open_placeholders_are_refused_even_in_a_small_source(tmp_path: Path) -> None:
    many = write(tmp_path / "a.jsonl", rows(100))
    own = write(tmp_path / "b.jsonl", [{"instruction": "Who?", "output": "I am {{NAME}}."}])
    with pytest.raises(DanluError) as caught:
        prepared(many, own)
    assert caught.value.code == "data.unfilled_placeholder" and "{{NAME}}" in caught.value.what
    assert "I am Ember." in answers(prepared(many, own, fill={"NAME": "Ember"}).train)


def test_data_without_a_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DanluError) as caught:
        prepare(RunSpec(), tokenizer_of("QWEN25"), Job())
    assert caught.value.code == "data.no_source"
    with pytest.raises(DanluError) as caught:
        prepared(write(tmp_path / "a.jsonl", []))
    assert caught.value.code == "data.empty_file"


def test_preparing_can_be_cancelled(tmp_path: Path) -> None:
    job = Job(on_progress=lambda p: job.cancel() if p.phase == "rendering_data" else None)
    with pytest.raises(Cancelled):
        prepare(spec(write(tmp_path / "a.jsonl", rows(5))), tokenizer_of("QWEN25"), job)
    assert not [folder for folder in encoded.cache_root().iterdir() if folder.is_dir()]


def test_questions_are_what_was_trained_filled_with_the_system_prompt(tmp_path: Path) -> None:
    entries = [*rows(20), {"instruction": "Who?", "output": "{{NAME}}", "history": [["a", "b"]]}]
    source = write(tmp_path / "a.jsonl", entries * 2)
    asked = spec(source, eval_fraction=0.2, fill={"name": "Ember"}, system="Be brief.")
    made = prepare(asked, tokenizer_of("QWEN25"), Job())
    questions = trained_questions(asked, Job())
    assert {question.expected for question in questions} == set(answers(made.train))
    assert len(questions) == len({question.expected for question in questions})
    last = questions[-1]
    assert [message["content"] for message in last.messages] == ["Be brief.", "a", "b", "Who?"]
    assert last.expected == "Ember"


def test_a_preview_page_reads_no_more_than_it_shows(tmp_path: Path) -> None:
    source = Source(write(tmp_path / "a.jsonl", rows(500)))
    view = preview([source], tokenizer_of("QWEN25"), system="Be brief.")
    page = view.page(2, 3)
    assert [row.number for row in page] == [3, 4, 5]
    assert view.known == 5 and not view.complete
    assert page[0].rendered is not None and "Be brief." in page[0].rendered.text
    assert len(view.page(499, 10)) == 1 and view.count(Job()) == 500 and view.complete


def test_a_preview_tells_the_lengths_of_all_rows_or_of_some(tmp_path: Path) -> None:
    source = Source(write(tmp_path / "a.jsonl", rows(50)))
    view = preview([source], tokenizer_of("QWEN25"), max_length=16)
    lengths = view.lengths(Job())
    assert len(lengths.lengths) == 50 == lengths.over_long
    assert sum(bucket.count for bucket in lengths.buckets()) == 50
    assert len(view.lengths(Job(), limit=10).lengths) == 10


def test_a_preview_of_broken_data_says_so_each_time(tmp_path: Path) -> None:
    view = preview([Source(str(tmp_path / "none.jsonl"))])
    for _ in range(2):
        with pytest.raises(DanluError):
            view.page(0, 5)


def test_a_preview_can_be_cancelled_and_looked_at_again(tmp_path: Path) -> None:
    view = preview([Source(write(tmp_path / "a.jsonl", rows(1000)))])
    job = Job()
    job.cancel()
    view.page(0, 2)
    with pytest.raises(Cancelled):
        view.count(job)
    assert view.count(Job()) == 1000


def test_percentiles_and_buckets_cover_every_length() -> None:
    assert percentiles(range(1, 101)) == {50: 50, 90: 90, 95: 95, 99: 99, 100: 100}
    buckets = histogram([1, 20, 21, 240], 12)
    assert [(b.low, b.high, b.count) for b in buckets if b.count] == [
        (1, 20, 2),
        (21, 40, 1),
        (221, 240, 1),
    ]
    assert percentiles([]) == {} and histogram([]) == []
