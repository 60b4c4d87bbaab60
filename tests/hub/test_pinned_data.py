"""A hub's data set is trained at the commit its run names, whatever its repository holds later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.data.files import locate
from engine.errors import DanluError
from engine.hub.reference import Hub
from engine.hub.spelling import suggested
from engine.job import Job
from engine.runs.store import create_run
from engine.spec.run_spec import RunSpec
from engine.spec.sections import Source
from engine.train.pin import pin_data
from tests.hub.conftest import Hubs
from tests.hub.loopback_hub import LoopbackHub
from tests.hub.test_care import COMMIT

REPO = "owner/rows"
LATER = "a" * 40


def publish(hub: LoopbackHub, folder: Path, answer: str, commit: str = COMMIT) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "train.jsonl").write_text(f'{{"query": "?", "response": "{answer}"}}\n')
    hub.add(REPO, folder, kind="dataset", commit=commit)


def words(source: Source) -> str:
    (file,) = locate(source, Job()).files
    return file.read_text()


@pytest.mark.parametrize(
    "name", ["huggingface", pytest.param("modelscope", marks=pytest.mark.slow)]
)
def test_a_run_keeps_the_commit_of_its_data_and_goes_on_with_it(
    hubs: Hubs, tmp_path: Path, name: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hubs.huggingface if name == "huggingface" else hubs.modelscope
    prefix = "hf::" if name == "huggingface" else "ms::"
    publish(hub, tmp_path / "rows", "then")
    local = tmp_path / "own.jsonl"
    local.write_text('{"query": "?", "response": "!"}\n')
    asked = RunSpec.from_mapping(
        {"data": {"train": [f"{prefix}{REPO}#1", str(local)], "eval": [f"{prefix}{REPO}"]}}
    )
    run = create_run(asked)
    spec = pin_data(run, asked, Job())
    kept = run.spec().data
    assert [(s.hub, s.revision) for s in kept.train] == [(name, COMMIT), ("auto", None)]
    assert kept.eval == spec.data.eval and kept.eval[0].revision == COMMIT
    assert kept.train[0].sample == 1 and run.spec().origin("data.train").by == "machine"
    assert pin_data(run, spec, Job()) == spec

    publish(hub, tmp_path / "rows", "now", LATER)
    asks = len(hub.requests)
    assert "then" in words(run.spec().data.train[0]) and len(hub.requests) == asks
    monkeypatch.setenv("DANLU_HOME", str(tmp_path / "another"))
    if name == "huggingface":  # its cache keeps every commit, though the hub has it no more
        assert "then" in words(run.spec().data.train[0])
    assert "now" in words(Source(f"{prefix}{REPO}"))


def test_a_run_can_go_on_with_the_name_another_hub_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = DanluError("hub.not_found", repo=REPO, hub="ModelScope")
    error = suggested(missing, REPO, "dataset", "huggingface", "other/rows")

    def refused(source: Source, job: Job) -> None:
        raise error

    monkeypatch.setattr("engine.train.pin.locate", refused)
    asked = RunSpec.from_mapping({"data": {"train": [f"ms::{REPO}:zh#9"]}})
    with pytest.raises(DanluError) as caught:
        pin_data(create_run(asked), asked, Job())
    change = caught.value.fixes[0].set
    assert change is not None
    (source,) = asked.with_values(change).data.train
    assert (source.source, source.subset, source.sample) == ("hf::other/rows", "zh", 9)


@pytest.mark.slow
def test_a_revision_is_named_in_the_source_or_beside_it(hubs: Hubs, tmp_path: Path) -> None:
    publish(hubs.huggingface, tmp_path / "rows", "then")
    assert "then" in words(Source(f"hf::{REPO}@{COMMIT}"))
    asked = locate(Source(REPO, hub="huggingface", revision="main"), Job())
    assert asked.copy is not None and asked.copy.commit == COMMIT
    with pytest.raises(DanluError) as caught:
        locate(Source(f"hf::{REPO}@nowhere"), Job())
    assert caught.value.code == "hub.no_revision"
    assert replace(Source(REPO), revision=COMMIT) != Source(REPO)
