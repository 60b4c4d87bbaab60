"""A run goes on with the rows it was trained on, or says which are others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.hardware import machine
from engine.job import Job
from engine.runs.journal import read_journal
from engine.runs.store import Run
from engine.spec.resolve import resolve
from engine.spec.typed import show_value
from engine.train.card import read_card, write_card
from engine.train.same_rows import accept_rows, check_same_rows, fingerprints_of
from tests.tui.sample_runs import make_run
from tui.main import main


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"instruction": "Who?", "output": "Me."}\n', encoding="utf-8")
    return path


@pytest.fixture
def run(rows: Path) -> Run:
    """A run that was stopped, with what training keeps of its rows in its card."""
    made = make_run("news", "stopped", steps=400)
    _write_spec(made, rows)
    spec = resolve(made.spec(), machine())
    settings = {path: show_value(value) for path, value in spec.values().items()}
    write_card(made.path, data=fingerprints_of(spec, Job()), settings=settings)
    return made


def _write_spec(run: Run, rows: Path, **changes: Any) -> None:
    data = {"train": [{"source": str(rows)}], "max_length": 128, **changes.pop("data", {})}
    spec = {"model": {"source": "embedded"}, "data": data, **changes}
    (run.path / "spec.yaml").write_text(json.dumps(spec), encoding="utf-8")


def _changed(run: Run) -> str:
    with pytest.raises(DanluError) as caught:
        check_same_rows(run, Job())
    assert caught.value.code == "train.data_changed" and "160" in caught.value.why
    return str(caught.value.values["changed"])


def test_rows_as_they_were_let_a_run_go_on_also_from_another_place(run: Run, rows: Path) -> None:
    check_same_rows(run, Job())
    moved = rows.rename(rows.with_name("moved.jsonl"))
    _write_spec(run, moved)
    check_same_rows(run, Job())
    batch = {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 4}
    spec = resolve(run.spec(), machine())
    size = spec.train.per_device_train_batch_size * (spec.train.gradient_accumulation_steps or 1)
    assert size == 16, "as many rows a step, in other portions, are the same rows"
    _write_spec(run, moved, train=batch)
    check_same_rows(run, Job())


def test_other_rows_and_other_settings_of_them_are_named(run: Run, rows: Path) -> None:
    before = rows.read_bytes()
    rows.write_bytes(before + b'{"instruction": "Where?", "output": "Here."}\n')
    assert _changed(run) == str(rows)
    rows.write_bytes(before)
    _write_spec(run, rows, data={"max_length": 256})
    assert _changed(run) == "data.max_length 128 → 256"
    _write_spec(run, rows, data={"train": [{"source": str(rows), "repeat": 2}]})
    assert _changed(run).startswith("data.train")
    _write_spec(run, rows, train={"seed": 7, "per_device_train_batch_size": 3})
    assert "train.seed 42 → 7" in _changed(run) and "16 → 18" in _changed(run)


def test_what_was_taken_on_knowingly_is_noted_and_not_asked_about_again(
    run: Run, rows: Path
) -> None:
    rows.write_text('{"instruction": "Who?", "output": "You."}\n', encoding="utf-8")
    (change,) = accept_rows(run, Job())
    check_same_rows(run, Job())
    assert change.name == str(rows) and accept_rows(run, Job()) == ()
    (noted,) = read_card(run.path)["data_changes"]
    assert noted["step"] == 160 and noted["changes"][0]["now"] == change.now
    event = read_journal(run.path)[-1]
    assert (event["code"], event["level"]) == ("log.other_rows", "warning")
    assert run.summary().status == "stopped"


def test_resume_by_command_refuses_other_rows_and_names_the_ways_out(
    run: Run, rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows.write_text('{"instruction": "Who?", "output": "You."}\n', encoding="utf-8")
    assert main(["resume", "news", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "train.data_changed" and len(error["fixes"]) == 3
    assert any("--anyway" in fix["text"] for fix in error["fixes"])
    assert main(["extend", "news", "--epochs", "1", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "train.data_changed"


def test_a_run_from_before_anything_was_kept_goes_on(run: Run, rows: Path) -> None:
    (run.path / "card.json").unlink()
    rows.write_text("{}\n", encoding="utf-8")
    check_same_rows(run, Job())
