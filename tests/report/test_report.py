"""The page about a run: its facts, its curves, in both languages, also as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine import words
from engine.errors import DanluError
from engine.export.manifest import record
from engine.report.curves import Curves, curves_of, thinned
from engine.report.facts import facts_of
from engine.report.of import run_of
from engine.report.pictures import pictures
from engine.report.ticks import number_text, ticks
from engine.report.write import write_report
from engine.runs.store import Run
from engine.spec.run_spec import RunSpec
from engine.train.card import write_card
from engine.train.same_rows import RowChange
from engine.train.schedule import Extension
from tests.recorded.replay import recorded_run as _recorded_run
from tests.tui.sample_runs import make_average
from tui.main import main

_VERIFIED = {
    "questions": 2,
    "exact": 1,
    "right": 1,
    "rows": [
        {"question": "a|b", "expected": "x", "base": "<b>", "tuned": "x", "exact": True},
        {"question": "c", "expected": "y", "base": "z", "tuned": "two\nlines", "exact": False},
    ],
}


def recorded_run(folder: Path, events: int | None = None) -> Run:
    """The recorded run, of a spec that can be read."""
    made = _recorded_run(folder, events)
    source = {"model": {"source": "embedded"}, "data": {"train": ["self_cognition.jsonl"]}}
    made.save_spec(RunSpec.from_mapping(source))
    return made


@pytest.fixture
def run(danlu_home: Path) -> Run:
    """The recorded identity run, with a card, a verification and an evaluation."""
    made = recorded_run(danlu_home / "runs" / "identity")
    write_card(
        made.path,
        versions={"torch": "2.13.0", "trl": None},
        machine={"cores": 2, "ram_bytes": 2**33, "gpus": []},
        model={"source": "embedded", "origin": "pypi", "revision": "r1", "folder": str(made.path)},
        data={"self_cognition.jsonl": "ab" * 32},
    )
    (made.path / "checkpoint-160").mkdir()
    (made.path / "checkpoint-160" / "verify.json").write_text(json.dumps(_VERIFIED))
    (made.path / "evaluations").mkdir()
    found = {"data": "/x/test.jsonl", "rows": 9, "metrics": {"rouge-l": 41.5, "loss": 1.5}}
    (made.path / "evaluations" / "one.json").write_text(json.dumps(found))
    return made


def with_a_past(run: Run) -> None:
    """It began with an average, was made longer, verified twice, asked a benchmark and exported."""
    mean = run.path.parent / "mean"
    mean.mkdir()
    parts = [{"target": f"demo/checkpoint-{n}", "weight": w, "sha256": "cd" * 32} for n, w in
             ((1, 0.75), (2, 0.25))]  # fmt: skip
    (mean / "average.json").write_text(json.dumps({"adapters": parts}))
    older = {"kind": "full", "path": "/x/first/checkpoint-9", "run": "first",
             "checkpoint": "checkpoint-9", "step": 9, "sha256": None, "of": None}  # fmt: skip
    lineage = {"kind": "adapter", "path": str(mean), "run": None, "checkpoint": "mean",
               "step": None, "sha256": "ef" * 32, "of": older}  # fmt: skip
    longer = Extension(100, 100, 160, 6.0, 10.0, "decay", 5, 1e-4, 1e-4, 0.0)
    changes = [asdict(RowChange("/x/identity.jsonl", "ab" * 32, "ba" * 32)),
               asdict(RowChange("data.max_length", "512", "1024"))]  # fmt: skip
    accepted = [{"time": 1_800_000_000.0, "step": 80, "changes": changes}]
    write_card(run.path, lineage=lineage, extensions=[asdict(longer)], data_changes=accepted)
    own = make_average("mix", "identity/checkpoint-160", "news/checkpoint-20")
    listed = json.loads((own / "average.json").read_text())
    listed["adapters"][0]["path"] = str(run.path.absolute() / "checkpoint-160")
    (own / "average.json").write_text(json.dumps(listed))
    gate = {"passed": False, "worse_than_base": [2], "worse_than_earlier": [], "earlier": None}
    sums = {"match": "exact", "base_right": 2, "gate": gate, "questions": 2, "right": 1}
    kept = run.path / "checkpoint-160" / "verify.json"
    kept.write_text(json.dumps({**_VERIFIED, **sums, "golden": None}))
    for folder, golden in (("trained", None), ("golden-1", "/x/mine.jsonl")):
        place = run.path / "verified" / folder
        place.mkdir(parents=True)
        (place / "checkpoint-160.json").write_text(json.dumps({**sums, "golden": golden}))
    asked = {"data": "C-Eval", "benchmark": "ceval", "target": "identity/checkpoint-160",
             "rows": 12, "shots": 5, "limit": 3, "tool": "lm_eval 0.4",
             "metrics": {"accuracy": 50.0}, "base": {"accuracy": 45.0},
             "difference": {"accuracy": 5.0},
             "intervals": {"accuracy": [-1.0, 11.0]}}  # fmt: skip
    (run.path / "evaluations" / "two.json").write_text(json.dumps(asked))
    export = run.path / "merged"
    export.mkdir()
    made = {"format": "gguf", "quant": "Q8_0", "target": "identity/checkpoint-160",
            "bytes": 2**20, "verified": True, "base": "Qwen/Qwen3-8B",
            "trained_on": "nf4"}  # fmt: skip
    (export / "export.json").write_text(json.dumps(made))
    record(run.path, export)


@pytest.mark.parametrize("tongue", ["en", "zh"])
def test_its_past_and_what_was_proved_are_told_on_the_page_and_as_json(
    run: Run, tmp_path: Path, tongue: str
) -> None:
    words.use_language(tongue)
    with_a_past(run)
    facts = facts_of(run)
    text = write_report(facts, tmp_path / "report.md")[0].read_text(encoding="utf-8")
    for told in (
        "first/checkpoint-9", "demo/checkpoint-2", "75 %", "cdcdcdcdcdcd", "100 → 160",
        "mine.jsonl", "C-Eval", "lm_eval 0.4", "+5 [-1, +11]", "gguf Q8_0",
        words.t("verify_report.held"), words.t("report.gate_closed"), words.t("report.proved_yes"),
        "news/checkpoint-20", "data.max\\_length 512 → 1024", "`Qwen/Qwen3-8B` · nf4",
        words.t("report.weights_kind.average"), words.t("evaluate.limited", count=3),
    ):  # fmt: skip
        assert told in text, told
    assert "None" not in text
    assert words.t("report.longer") in (tmp_path / "report-loss.svg").read_text(encoding="utf-8")
    document = json.loads(json.dumps(facts.document()))
    assert [each["kind"] for each in document["lineage"]] == ["adapter", "full"]
    assert [part["weight"] for part in document["lineage"][0]["averaged"]] == [0.75, 0.25]
    assert document["extensions"][0]["steps"] == 160
    assert document["data"]["changes"][0]["changes"][0]["now"] == "ba" * 32
    assert [part["weight"] for part in document["averages"][0]["averaged"]] == [0.5, 0.5]
    assert document["exports"][0]["base"] == "Qwen/Qwen3-8B"
    assert [each["golden"] for each in document["verifications"]] == [None, "/x/mine.jsonl"]
    assert document["verify"]["gate"]["worse_than_base"] == [2]
    assert document["exports"][0]["verified"] is True
    assert {each["data"] for each in document["evaluations"]} == {"/x/test.jsonl", "C-Eval"}


@pytest.mark.parametrize("tongue", ["en", "zh"])
def test_the_page_tells_all_of_a_run_and_links_its_curves(
    run: Run, tmp_path: Path, tongue: str
) -> None:
    words.use_language(tongue)
    page, *curves = write_report(facts_of(run), tmp_path / "a report.md")
    text = page.read_text(encoding="utf-8")
    for told in (
        "SmolLM2-135M-Instruct", "160/160", "3.503 → 0.0704", "ab" * 32, "r1", "2.13.0", "41.50 %",
        "I'm SmolLM, an AI assistant", "checkpoint-160", "a\\|b", "&lt;b&gt;", "two<br>lines",
    ):  # fmt: skip
        assert told in text, told
    assert "(a%20report-loss.svg)" in text and "None" not in text
    assert {path.name for path in curves} == {"a report-loss.svg", "a report-learning-rate.svg"}
    assert text.count("验证损失" if tongue == "zh" else "Evaluation loss") >= 2


def test_curves_are_wellformed_and_stay_in_their_frame(run: Run) -> None:
    for text in pictures(facts_of(run).curves).values():
        root = ElementTree.fromstring(text)
        assert root.tag.endswith("svg") and "script" not in text
        lines = [node for node in root.iter() if node.tag.endswith("polyline")]
        assert lines
        for line in lines:
            for point in line.attrib["points"].split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= 720 and 0 <= y <= 300


def test_spikes_outlive_thinning_and_flat_or_lone_points_are_drawn() -> None:
    points = [(float(step), 1.0) for step in range(10_000)]
    points[5_003] = (5_003.0, 99.0)
    kept = thinned(points)
    assert len(kept) <= 402 and (5_003.0, 99.0) in kept
    assert [p[0] for p in kept] == sorted(p[0] for p in kept)
    for flat in ([(1.0, 0.5)], [(1.0, 0.0), (2.0, 0.0)], [(1.0, -3.0), (2.0, -3.0)]):
        ElementTree.fromstring(pictures(Curves(loss=flat))["loss"])


def test_a_resumed_run_draws_what_counts() -> None:
    steps = [(1, 5.0), (2, 4.0), (3, 9.0), (2, 3.0), (3, 2.0)]
    events = [{"kind": "step", "step": step, "loss": loss} for step, loss in steps]
    assert curves_of(events).loss == [(1, 5.0), (2, 3.0), (3, 2.0)]


def test_axes_have_round_numbers() -> None:
    assert ticks(0, 160, 6) == [0, 50, 100, 150, 200]
    assert [number_text(v) for v in (0.25, 2e-5, 0, 1200, 0.1 + 0.2)] == [
        "0.25", "2e-5", "0", "1200", "0.3",
    ]  # fmt: skip


def test_the_same_facts_come_as_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "identity", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["run"]["status"] == "finished" and document["files"] == []
    assert document["losses"]["best_eval"] == min(v for _, v in document["curves"]["eval_loss"])
    assert document["samples"][0]["before"].startswith("I'm SmolLM")
    assert document["verify"]["checkpoint"] == "checkpoint-160"
    assert document["evaluations"][0]["metrics"]["rouge-l"] == 41.5
    assert not (run.path / "report.md").exists()


def test_what_was_made_of_a_run_is_reported_as_that_run(danlu_home: Path, tmp_path: Path) -> None:
    made = recorded_run(danlu_home / "runs" / "one", events=3)
    other = recorded_run(danlu_home / "runs" / "two", events=3)
    mean = make_average("mix", "one/checkpoint-160", "two/checkpoint-20")
    listed = json.loads((mean / "average.json").read_text())
    for part, run in zip(listed["adapters"], (made, other), strict=True):
        part |= {"run": run.name, "path": str(run.path.absolute() / "checkpoint-1")}
    (tmp_path / "export.json").write_text(json.dumps({"format": "gguf", "run": str(made.path)}))
    for named in ("one", "one/checkpoint-160", str(tmp_path)):
        assert run_of(named).name == "one"
    (mean / "average.json").write_text(json.dumps(listed))
    with pytest.raises(DanluError) as caught:
        run_of("mix")
    assert caught.value.code == "report.several" and "one, two" in str(caught.value)
    (mean / "average.json").write_text(json.dumps({"adapters": listed["adapters"][1:]}))
    assert run_of("mix").name == "two"
    with pytest.raises(DanluError) as caught:
        run_of("nothing")
    assert caught.value.code == "run.not_found"


def test_parameters_say_who_chose_them(danlu_home: Path) -> None:
    made = recorded_run(danlu_home / "runs" / "chosen", events=20)
    spec = (
        made.spec()
        .with_values({"method.lora_rank": 4})
        .with_values({"train.num_train_epochs": 7.0}, "recipe")
    )
    made.save_spec(spec)
    by = {choice.name: (choice.value, choice.by) for choice in facts_of(made).choices}
    assert by["method.lora_rank"] == ("4", "you")
    assert by["train.num_train_epochs"] == ("7", "recipe")


def test_a_run_that_has_only_begun_has_a_page(danlu_home: Path) -> None:
    made = recorded_run(danlu_home / "runs" / "begun", events=3)
    files = write_report(facts_of(made))
    assert [path.name for path in files] == ["report.md"]


def test_a_page_that_cannot_be_written_has_a_name(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["report", "identity", "--out", str(tmp_path / "file" / "x.md"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "report.cannot_write"
