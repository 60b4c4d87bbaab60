"""How long a run will take is told from how quick others were on this machine."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.hardware import machine
from engine.job import Cancelled, Job
from engine.runs.rates import Pace, Rate, keep_rate, known_rates, pace_for, rate_of
from engine.runs.store import Run
from engine.spec.resolve import resolve
from engine.spec.run_spec import RunSpec
from engine.train.probe import probe
from tests.train.runs import tiny_spec, write_rows

CPU = Rate("a", "CPU · 2", 135_000_000, "lora", "none", False, "float32", 100.0, 50.0, 90)


def run_of(folder: Path, *, steps: int = 6) -> Run:
    """A run of 4 rows a step whose pace was 40 tokens a second but for one slow stretch."""
    run = Run(folder)
    folder.mkdir(parents=True)
    run.save_spec(RunSpec.from_mapping({"data": {"train": ["rows.jsonl"]}}))
    plan = {"micro_batch": 2, "accumulation": 2, "rows": 8, "parameters": 1000}
    events = [{"kind": "plan", "device": "CPU · 2", "dtype": "float32", **plan}]
    for step in range(1, steps + 1):
        pace = 3.0 if step == 3 else 40.0
        told = {"step": step, "tokens": 200 * step, "tokens_per_second": pace}
        events.append({"kind": "step", "epoch": step / 2, **told})
    lines = [json.dumps({"seq": n, "time": time.time(), **each}) for n, each in enumerate(events)]
    (folder / "journal.jsonl").write_text("\n".join(lines) + "\n")
    return run


def test_a_run_tells_its_usual_pace_and_how_long_its_rows_are(tmp_path: Path) -> None:
    found = rate_of(run_of(tmp_path / "r"))
    assert found is not None
    assert (found.tokens_per_second, found.tokens_per_row, found.steps) == (40.0, 50.0, 6)
    assert rate_of(run_of(tmp_path / "short", steps=1)) is None


def test_the_run_most_like_it_tells_and_size_is_reckoned_in() -> None:
    keep_rate(CPU)
    keep_rate(replace(CPU, run="full", tuner="full", tokens_per_second=30.0))
    keep_rate(replace(CPU, run="card", device="NVIDIA RTX 4090", tokens_per_second=9000.0))
    pace = pace_for(replace(CPU, parameters=270_000_000))
    assert pace is not None and pace.told_from.run == "a"
    assert pace.tokens_per_second == pytest.approx(50.0)
    assert pace.seconds(rows=100) == pytest.approx(100.0)
    assert pace.seconds(rows=100, tokens_per_row=10) == pytest.approx(20.0)
    full = pace_for(replace(CPU, tuner="full"))
    assert full is not None and full.told_from.run == "full"
    assert pace_for(replace(CPU, parameters=70_000_000_000)) is None
    assert pace_for(replace(CPU, device="Another card")) is None


def test_a_run_takes_its_epochs_and_what_is_done_before_them() -> None:
    pace = Pace(100.0, 50.0, CPU)
    asked: dict[str, Any] = {"data": {"train": ["a"]}, "train": {"num_train_epochs": 2}}
    spec = resolve(RunSpec.from_mapping(asked), machine())
    assert pace.run_seconds(spec, rows=100) == pytest.approx(100.0)
    dpo = replace(spec, method=replace(spec.method, stage="dpo"))
    assert pace.run_seconds(dpo, rows=100) == pytest.approx(120.0)  # and a forward pass of each
    full = replace(dpo, method=replace(dpo.method, tuner="full"))
    assert pace.run_seconds(full, rows=100, tokens_per_row=60) == pytest.approx(60 * (2 + 1 / 3.1))


def test_earlier_runs_tell_too_and_the_newest_of_a_name_counts(danlu_home: Path) -> None:
    run_of(danlu_home / "runs" / "before")
    assert [rate.run for rate in known_rates()] == ["before"]
    keep_rate(replace(CPU, run="before", tokens_per_second=7.0))
    (danlu_home / "rates.jsonl").open("a").write("no rate\n{}\n")
    assert [rate.tokens_per_second for rate in known_rates()] == [7.0]


@pytest.mark.slow
def test_some_real_steps_are_measured_and_leave_nothing_behind(
    tiny_model: Path, tmp_path: Path, danlu_home: Path
) -> None:
    spec = tiny_spec(tiny_model, write_rows(tmp_path / "rows.jsonl"), train__num_train_epochs=50)
    found = probe(spec, Job())
    assert found.tokens_per_second > 0 and known_rates() == [found]
    assert not (danlu_home / "probe").exists()
    cancelled = Job()
    cancelled.cancel()
    with pytest.raises((Cancelled, DanluError)):
        probe(spec, cancelled)
    assert not (danlu_home / "probe").exists()
