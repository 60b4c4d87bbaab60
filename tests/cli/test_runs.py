"""Runs and checkpoints by command: listed, marked, compared, pruned, deleted; each also as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.home import home
from engine.runs.lock import RunLock
from engine.runs.made import runs_behind
from engine.runs.store import list_runs
from tests.tui.sample_runs import make_average, make_export, make_run, make_some_runs
from tui.main import main

Capture = pytest.CaptureFixture[str]


def _json(capsys: Capture, *command: str, code: int = 0) -> Any:
    assert main([*command, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_runs_are_sorted_filtered_and_cut_short(capsys: Capture) -> None:
    make_some_runs()
    listed = _json(capsys, "runs", "--sort", "eval_loss")
    assert [each["name"] for each in listed][:2] == ["identity-smollm2", "news-r1-7b"]
    assert listed[-1]["name"] == "domain-qa", "what has no value comes last"
    assert [e["name"] for e in _json(capsys, "runs", "--filter", "interrupted")] == ["news-r1-7b"]
    assert [e["status"] for e in _json(capsys, "runs", "--limit", "1")] == ["finished"]
    assert main(["runs", "--sort", "name"]) == 0
    assert capsys.readouterr().out.startswith("domain-qa")


def test_a_run_without_its_spec_is_listed_with_the_reason(capsys: Capture) -> None:
    run = make_run("lost")
    (run.path / "spec.yaml").unlink()
    (listed,) = _json(capsys, "runs")
    assert (listed["status"], listed["error"]["code"]) == ("damaged", "run.damaged")
    assert _json(capsys, "resume", "lost", code=1)["error"]["code"] == "run.damaged"
    failed = _json(capsys, "resume", "lost", "--rebuild", code=1)
    assert failed["error"]["code"] == "run.nothing_to_rebuild"
    settings = {"model.source": "embedded", "method.lora_rank": "4", "data.train": "[rows.jsonl]"}
    (run.path / "card.json").write_text(json.dumps({"settings": settings}))
    _json(capsys, "resume", "lost", "--rebuild")
    assert run.spec().method.lora_rank == 4 and not run.damaged


def test_marks_are_put_on_and_taken_off(capsys: Capture) -> None:
    run = make_run("identity", best=160)
    assert _json(capsys, "mark", "identity/checkpoint-80", "--best")[0]["best"] == "checkpoint-80"
    (pinned,) = _json(capsys, "mark", "identity/checkpoint-80", "--pin")
    assert pinned["pinned"] == ["checkpoint-80"]
    found = _json(capsys, "checkpoints", "identity")
    assert found["base"] == {"source": "Qwen/Qwen2.5-0.5B-Instruct", "present": False}
    listed = found["checkpoints"]
    assert [e["answers"] for e in listed] == [[], []]
    assert [(e["name"], e["best"], e["pinned"]) for e in listed] == [
        ("checkpoint-160", False, False),
        ("checkpoint-80", True, True),
    ]
    _json(capsys, "mark", "identity/checkpoint-80", "--unpin")
    _json(capsys, "mark", "identity", "--no-best")
    assert not (run.path / "marks.json").exists()
    assert _json(capsys, "mark", "identity", "--best", code=1)["error"]["code"] == (
        "run.which_checkpoint"
    )


def test_two_are_compared_by_what_differs(capsys: Capture) -> None:
    make_run("identity", best=160)
    other = make_run("larger", loss=0.09)
    spec = (other.path / "spec.yaml").read_text()
    (other.path / "spec.yaml").write_text(spec + "method: {lora_rank: 32}\n")
    found = _json(capsys, "compare", "identity", "larger/checkpoint-80")
    assert found["differing"] == [{"setting": "method.lora_rank", "a": "16", "b": "32"}]
    assert (found["a"]["checkpoint"], found["b"]["step"]) == ("checkpoint-160", 80)
    assert found["a"]["eval_loss"] == 0.11 and len(found["a"]["curves"]["loss"]) == 2
    assert main(["compare", "identity", "larger"]) == 0
    assert "method.lora_rank" in capsys.readouterr().out


def test_what_was_made_of_checkpoints_is_compared_with_them(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = make_run("identity")
    export = make_export(run, "checkpoint-80", proved={"agreement": 0.93, "first_divergence": None})
    average = make_average("mean", "identity/checkpoint-80", "news/checkpoint-20")
    kept = home() / "evaluations" / "mean"
    kept.mkdir(parents=True)
    measured = {"target": "mean", "data": "/rows.jsonl", "metrics": {"accuracy": 90.0}}
    (kept / "rows.json").write_text(json.dumps({**measured, "folder": str(average.resolve())}))
    elsewhere = {**measured, "data": "/other.jsonl", "folder": "/elsewhere/mean"}
    (kept / "other.json").write_text(json.dumps(elsewhere))
    (average / "verify.json").write_text(json.dumps({"right": 3, "questions": 4}))
    found = _json(capsys, "compare", str(export), "identity/checkpoint-160")
    made = found["a"]["made"]
    assert (made["kind"], made["format"], made["of"]) == (
        "export", "adapter", "identity/checkpoint-80",
    )  # fmt: skip
    assert made["proved"]["agreement"] == 0.93 and found["b"]["made"] is None
    assert found["a"]["step"] == 80 and found["a"]["curves"] == found["b"]["curves"]
    found = _json(capsys, "compare", str(average), "identity")
    assert [part["target"] for part in found["a"]["made"]["of"]][1] == "news/checkpoint-20"
    assert found["a"]["evaluations"] == {"rows.jsonl": {"accuracy": 90.0}}
    assert found["a"]["verified"]["right"] == 3 and found["a"]["loss"] is None
    assert main(["--lang", "en", "compare", str(average), str(export)]) == 0
    said = capsys.readouterr().out
    assert "mean was averaged, not trained" in said and "93.0 %" in said and "3/4 75%" in said


def test_pruning_says_what_it_would_free_and_keeps_what_the_rule_says(capsys: Capture) -> None:
    run = make_run("identity", saved=(40, 80, 120, 160), best=80)
    planned = _json(capsys, "prune", "identity", "--keep-last", "1", "--dry-run")
    assert [each["checkpoint"] for each in planned["drop"]] == ["checkpoint-120", "checkpoint-40"]
    assert planned["keep"][1] == {"checkpoint": "checkpoint-80", "why": ["best"]}
    refused = _json(capsys, "prune", "identity", code=1)
    assert refused["error"]["code"] == "run.not_confirmed" and len(run.checkpoint_folders()) == 4
    assert _json(capsys, "prune", "identity", "--yes")["done"]
    assert [f.name for f in run.checkpoint_folders()] == ["checkpoint-80", "checkpoint-160"]
    none = ("prune", "identity", "--keep-last", "0", "--drop-best")
    assert _json(capsys, *none, code=1)["error"]["code"] == "run.prune_all"


def test_runs_and_checkpoints_are_deleted_but_not_what_is_trained_now(capsys: Capture) -> None:
    run, busy = make_run("identity"), make_run("busy", "training")
    deleted = _json(capsys, "delete", "identity/checkpoint-80", "--yes")["deleted"]
    assert [each["target"] for each in deleted] == ["identity/checkpoint-80"]
    lock = RunLock(busy.path)
    assert _json(capsys, "delete", "busy", "--yes", code=1)["error"]["code"] == (
        "run.already_running"
    )
    lock.release()
    _json(capsys, "delete", "identity", "--yes")
    assert [each.name for each in list_runs()] == ["busy"] and not run.path.exists()
    assert _json(capsys, "delete", "identity", "--yes", code=1)["error"]["code"] == "run.not_found"


def test_going_on_from_an_older_checkpoint_must_be_meant(capsys: Capture) -> None:
    make_run("news", "stopped", steps=400)
    refused = _json(capsys, "resume", "news", "--from", "checkpoint-80", code=1)
    assert refused["error"]["code"] == "run.overtakes"
    assert "checkpoint-160" in refused["error"]["what"]


def test_an_export_and_an_average_are_marked_and_deleted_by_their_folder(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = make_run("identity")
    export, average = make_export(run), make_average("mean", "identity/checkpoint-80", "other")
    assert [each["folder"] for each in _json(capsys, "average", "--list")] == [str(average)]
    (marks,) = _json(capsys, "mark", "identity-adapter", "--pin")
    assert (marks["run"], marks["pinned"]) == ("identity", [str(export)])
    assert _json(capsys, "mark", "mean", "--pin")[0]["whole"]
    (export / "mine.txt").write_text("kept?")
    refused = _json(capsys, "delete", str(export), code=1)["error"]
    assert "mine.txt" in refused["why"] and export.is_dir()
    deleted = _json(capsys, "delete", str(export), str(average), "--yes")["deleted"]
    assert [each["target"] for each in deleted] == [str(export), str(average)]
    assert not export.exists() and not average.exists() and run.path.is_dir()
    assert _json(capsys, "delete", str(export), "--yes", code=1)["error"]["code"] == (
        "run.not_found"
    )


def test_what_was_made_of_runs_is_asked_what_those_were_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runs = [make_run("identity"), make_run("news")]
    average = make_average("mean", "identity/checkpoint-80", "news/checkpoint-80")
    facts = json.loads((average / "average.json").read_text())
    for adapter, run in zip(facts["adapters"], runs, strict=True):
        adapter |= {"run": run.name, "path": str(run.path / "checkpoint-80")}
    (average / "average.json").write_text(json.dumps(facts))
    assert [run.name for run in runs_behind(average)] == ["identity", "news"]
    assert [run.path for run in runs_behind(make_export(runs[0]))] == [runs[0].path.absolute()]
    (runs[1].path / "spec.yaml").unlink()
    assert [run.name for run in runs_behind(average)] == ["identity"]
