"""One question to this machine, the catalogue and both hubs: what each has, put together."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from engine.catalogue import fit_of
from engine.errors import DanluError
from engine.hardware import Machine
from engine.hub import found as found_module
from engine.hub.everywhere import Everywhere, search_everywhere
from engine.hub.fetch import fetch
from engine.hub.found import Found, put_together
from engine.hub.offer import Offer
from engine.hub.search import look_query, on_hub, query_of
from engine.hub.spelling import likeness
from engine.job import Cancelled, Job
from engine.units import GIB
from tests.hub.conftest import WEIGHTS_SIZE, Hubs
from tests.hub.loopback_hub import closed_address
from tui.main import main

MACHINE = Machine(4, 8 * GIB, 8 * GIB, ())


def line(answer: Everywhere, source: str) -> Found:
    return next(found for found in answer.found if found.source == source)


@pytest.mark.parametrize(
    ("text", "kind", "word", "repo", "hubs"),
    [
        ("qwen3 8b", "model", "qwen3 8b", None, 2),
        ("Qwen/Qwen3-8B", "model", "Qwen3-8B", "Qwen/Qwen3-8B", 2),
        ("hf::a/b", "model", "b", "a/b", 1),
        ("ms::a/b:sub#500", "dataset", "b", "a/b", 1),
        ("https://huggingface.co/a/b", "model", "b", "a/b", 1),
        ("a/b#20", "dataset", "b", "a/b", 2),
        ("", "model", "", None, 2),
        ("模型", "model", "模型", None, 2),
    ],
)
def test_what_is_typed_is_a_word_or_an_id(
    text: str, kind: str, word: str, repo: str | None, hubs: int
) -> None:
    query = query_of(text, kind)
    assert (query.word, query.repo, len(query.hubs)) == (word, repo, hubs)


def test_one_line_tells_of_both_hubs_and_of_what_would_really_be_fetched(
    hubs: Hubs, published: Path
) -> None:
    about = {"license": "apache-2.0", "downloads": 7}
    hubs.modelscope.add("owner/tiny-model", published, **about)
    hubs.huggingface.add("owner/tiny-model", published, parameters=6_000_000, **about)
    answer = search_everywhere(query_of("tiny-model", "model"), Job())
    found = line(answer, "owner/tiny-model")
    assert [offer.hub for offer in found.offers] == ["modelscope", "huggingface"]
    for offer in found.offers:  # no pickles, no GGUF, no picture
        assert WEIGHTS_SIZE < (offer.to_fetch or 0) < WEIGHTS_SIZE + 1000 and offer.files == 5
        assert len(offer.revision or "") == 40 and offer.license == "apache-2.0"
    assert (found.parameters, found.fit(MACHINE), found.fits_disk()) == (6_000_000, "bf16", True)
    assert not answer.silent and not answer.offline
    fetch("owner/tiny-model", hub="huggingface", job=Job())
    again = line(search_everywhere(query_of("tiny-model", "model"), Job()), "owner/tiny-model")
    assert again.here is not None and again.best is again.here
    assert [offer.to_fetch for offer in again.offers if offer.hub == "huggingface"] == [0, 0]


def test_what_cannot_be_taken_is_told_before_it_is_tried(hubs: Hubs, published: Path) -> None:
    closed = hubs.huggingface.add("owner/closed-thing", published, gated=True)
    del hubs.modelscope.add("owner/pickled-thing", published).files["model.safetensors"]
    answer = search_everywhere(query_of("thing", "model"), Job())
    assert line(answer, "owner/closed-thing").first("gated") is True
    pickled = line(answer, "owner/pickled-thing").best
    assert pickled is not None and pickled.problem == "hub.no_safetensors"
    assert answer.found[-1].source == "owner/pickled-thing"
    assert closed.gated


def test_an_id_that_is_nowhere_is_no_answer_and_one_is_looked_at_alone(
    hubs: Hubs, published: Path
) -> None:
    assert search_everywhere(query_of("nobody/nothing", "model"), Job()).found == []
    hubs.huggingface.add("owner/tiny-model", published)
    seen: list[Offer] = []
    (told,) = on_hub("huggingface", look_query("owner/tiny-model", "model"), Job(), seen.append)
    assert told.looked and seen[0].repo == "owner/tiny-model"
    assert not hubs.huggingface.asked("search=tiny")


def test_data_sets_are_searched_too(hubs: Hubs, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "train.jsonl").write_text('{"query": "?", "response": "!"}\n' * 50)
    hubs.modelscope.add("AI-ModelScope/alpaca-gpt4-data-zh", tmp_path / "rows", "dataset")
    hubs.huggingface.add("llm-wizard/alpaca-gpt4-data-zh", tmp_path / "rows", "dataset")
    answer = search_everywhere(query_of("alpaca-gpt4-data-zh", "dataset"), Job())
    (found,) = answer.found  # two names of one data set, which the catalogue knows
    assert dict(found.hubs) == {
        "modelscope": "AI-ModelScope/alpaca-gpt4-data-zh",
        "huggingface": "llm-wizard/alpaca-gpt4-data-zh",
    }
    assert found.known is not None and found.fit(MACHINE) is None


def test_offline_the_catalogue_answers_at_once_and_says_why_it_is_alone(
    hubs: Hubs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    answer = search_everywhere(query_of("smollm2", "model"), Job())
    assert answer.offline and len(answer.found) > 3
    assert {error.code for error in answer.silent.values()} == {"hub.not_asked"}
    assert hubs.modelscope.requests == hubs.huggingface.requests == []
    assert main(["search", "smollm2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["offline"] and document["hubs"][0]["error"]["code"] == "hub.not_asked"
    assert main(["fetch", "--search", "no such thing"]) == 1
    assert "Nothing is called “no such thing”." in capsys.readouterr().err


def test_a_hub_that_cannot_be_reached_keeps_nobody_waiting(
    hubs: Hubs, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", closed_address())
    hubs.huggingface.add("owner/tiny-model", published)
    answer = search_everywhere(query_of("tiny-model", "model"), Job())
    assert [hub for hub in answer.silent] == ["modelscope"] and not answer.offline
    assert answer.silent["modelscope"].code == "hub.not_reached"
    assert line(answer, "owner/tiny-model").hubs == [("huggingface", "owner/tiny-model")]


def test_the_next_key_ends_a_search_under_way(hubs: Hubs) -> None:
    hubs.huggingface.bytes_per_second = 1
    job = Job()
    job.cancel()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        on_hub("huggingface", query_of("tiny", "model"), job)
    assert time.monotonic() - started < 5


def test_what_does_not_fit_the_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.hub.room.free_disk_bytes", lambda folder: 10 * GIB)
    query = query_of("big", "model")
    sizes = {"a/big-fits": 9 * GIB, "a/big-spare": 10 * GIB - 1, "a/big-no": 20 * GIB}
    offers = [Offer(repo, "modelscope", bytes=size, looked=True) for repo, size in sizes.items()]
    told = {found.source: found.fits_disk() for found in put_together(query, offers)}
    assert told == {"a/big-fits": True, "a/big-spare": False, "a/big-no": False}
    assert found_module.Found(()).fits_disk() is None
    assert fit_of(100 * 10**9, MACHINE) == "no"


def test_a_model_of_the_other_hub_s_spelling_is_suggested(hubs: Hubs, published: Path) -> None:
    hubs.huggingface.add("meta-llama/Llama-3.2-1B-Instruct", published, gated=True)
    with pytest.raises(DanluError) as caught:
        fetch("meta-llama/Llama-3.2-1B-Instruct", job=Job())
    error = caught.value
    assert error.code == "hub.called_otherwise" and "terms" not in error.what
    assert error.fixes[0].set == {
        "model.source": "LLM-Research/Llama-3.2-1B-Instruct",
        "model.hub": "modelscope",
    }
    assert error.fix_text(error.fixes[0]).startswith("Take “LLM-Research/")


@pytest.mark.slow
def test_the_other_hub_is_asked_for_what_one_does_not_have(hubs: Hubs, published: Path) -> None:
    hubs.huggingface.add("owner/tiny-model", published)
    hubs.huggingface.add("owner/tiny-rows-zh", published, kind="dataset")
    with pytest.raises(DanluError) as caught:
        fetch("owner/tiny-model", hub="modelscope", job=Job())
    error = caught.value
    assert error.code == "hub.called_otherwise" and error.exit_code == 1
    assert error.fixes[0].set == {"model.source": "owner/tiny-model", "model.hub": "huggingface"}
    with pytest.raises(DanluError) as caught:
        fetch("owner/tiny-rows-zhs", kind="dataset", job=Job())
    assert caught.value.values["source"] == "hf::owner/tiny-rows-zh"
    assert "hf::owner/tiny-rows-zh" in caught.value.fix_text(caught.value.fixes[1])
    with pytest.raises(DanluError) as caught:
        fetch("owner/something-else", hub="modelscope", job=Job())
    assert caught.value.code == "hub.not_found"


def test_names_are_alike_as_a_whole_or_behind_the_owner() -> None:
    assert likeness("a/Qwen3-8B", "b/qwen3-8b") > likeness("a/Qwen3-8B", "a/Qwen3-4B") > 0.75
    assert likeness("owner/alpaca-zh", "owner/belle-cn") < 0.75
