"""A spec as YAML: read as people mean it, written with comments, read again to the equal spec."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from engine import words
from engine.errors import DanluError
from engine.hardware import Machine
from engine.spec.resolve import resolve, resolve_steps
from engine.spec.run_spec import RunSpec
from engine.spec.sections import PARAMETERS, Source
from engine.spec.typed import parse_value, show_value
from engine.spec.yaml_form import parse_mapping, read_spec, to_yaml, write_spec

CPU = Machine(cores=2, ram_bytes=8 << 30, ram_free_bytes=6 << 30, gpus=())
ODD_TEXTS = ["1e-4", "12e4567", "no", "null", "~", "# x", "a: b", "a\nb\n", "  ", "'\"", "你是谁？"]
ODD_TEXTS += ["{{NAME}}", "- x", "0x1f", "2024-07-12", "\t", "é\u2028z", "😀", "*a", "[", "%"]


def full_spec(text: str = "你是谁？") -> RunSpec:
    mapping = {
        "run": {"name": text},
        "model": {"source": "Qwen/Qwen2.5-7B-Instruct", "revision": text},
        "data": {
            "train": [{"source": "a.jsonl", "sample": 5, "columns": {"q": text}}, "b.csv"],
            "system": text,
            "fill": {"NAME": text, "AUTHOR": "丹炉实验室"},
        },
        "train": {"learning_rate": 1.2345678901234567e-5, "weight_decay": 0.1 + 0.2},
        "watch": {"prompts": [text, "Who are you?"]},
    }
    return resolve_steps(resolve(RunSpec.from_mapping(mapping), CPU), rows=40)


@pytest.mark.parametrize("tongue", words.LANGUAGES)
@pytest.mark.parametrize("text", ODD_TEXTS)
def test_a_spec_written_with_comments_reads_to_the_equal_spec(text: str, tongue: str) -> None:
    words.use_language(tongue)
    spec = full_spec(text)
    written = to_yaml(spec, header="danlu train x\nsecond line")
    assert RunSpec.from_mapping(parse_mapping(written, "x.yaml")) == spec


def test_every_number_comes_back_exactly() -> None:
    dice = random.Random(0)
    for _ in range(40):
        rate = dice.random() * 10 ** -dice.randint(0, 12)
        spec = RunSpec().with_values({"train.learning_rate": rate})
        text = to_yaml(spec)
        assert RunSpec.from_mapping(parse_mapping(text, "x")).train.learning_rate == rate
        assert yaml.safe_load(text)["train"]["learning_rate"] == rate  # and to other readers
        assert parse_value(PARAMETERS["train.learning_rate"], show_value(rate)) == rate


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("2E-5", 2e-5), ("1.5e-3", 1.5e-3), (".5e-1", 0.05), ("1", 1.0)],
)
def test_a_number_is_read_as_people_write_it(text: str, value: float) -> None:
    mapping = parse_mapping(f"train: {{learning_rate: {text}}}", "x.yaml")
    assert RunSpec.from_mapping(mapping).train.learning_rate == value


def test_each_value_says_what_it_is_and_who_chose_it() -> None:
    text = to_yaml(full_spec())
    assert "  learning_rate: 1.2345678901234568e-5  # Learning rate · you\n" in text
    choices = "auto | bfloat16 | float16 | float32"
    why = "machine: a CPU computes float32 best"
    assert f"  dtype: float32  # Precision · {choices} · {why}\n" in text
    assert "  save_steps: 1  # Save every [steps] · data: a tenth of the run over 40 rows\n" in text
    assert "  seed: 42  # Seed\n" in text
    words.use_language("zh")
    assert f"# 计算精度 · {choices} · 本机：CPU 上 float32 最合适\n" in to_yaml(full_spec())


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("train:\n  seed: 1\n bad", "spec.not_yaml", 3),
        ("watch:\n  prompts: [Who are you?]\n", "spec.not_yaml", 2),
        ("run: {name: 2024-13-45}", "spec.not_yaml", 1),
        ("train:\n  seed: 1\n  seed: 2\n", "spec.duplicate_key", 3),
        ("- a\n- b\n", "spec.not_a_mapping", None),
        ("", "spec.not_a_mapping", None),
        ("[" * 1500, "spec.not_yaml", 1),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    tmp_path: Path, text: str, code: str, line: int | None
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(DanluError) as caught:
        read_spec(path)
    assert caught.value.code == code
    assert caught.value.values.get("line") == line
    assert caught.value.document()["what"]


def test_a_file_that_is_not_there_or_not_text_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DanluError) as caught:
        read_spec(tmp_path / "none.yaml")
    assert caught.value.code == "spec.no_such_file"
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DanluError) as caught:
        read_spec(tmp_path / "binary.yaml")
    assert caught.value.code == "spec.not_text"


def test_paths_are_taken_from_the_specs_folder_then_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs, here = tmp_path / "specs", tmp_path / "here"
    for folder in (specs, here, here / "model", here / "embedded"):
        folder.mkdir()
    (specs / "beside.jsonl").touch()
    (here / "beside.jsonl").touch()
    (here / "near.jsonl").touch()
    (specs / "run.yaml").write_text(
        "model: {source: model}\ndata:\n  train: [beside.jsonl, {source: near.jsonl}, a/b]\n"
        "  eval: [near.jsonl#7]\n"
    )
    monkeypatch.chdir(here)
    spec = read_spec(specs / "run.yaml", {"data.train": ["beside.jsonl"]})
    assert spec.model.source == str(here / "model")
    assert spec.data.train == [Source(str(here / "beside.jsonl"))]
    assert spec.data.eval == [Source(str(here / "near.jsonl"), sample=7)]
    assert read_spec(specs / "run.yaml").data.train == [
        Source(str(specs / "beside.jsonl")),
        Source(str(here / "near.jsonl")),
        Source("a/b"),
    ]
    (specs / "demo.yaml").write_text("model: {source: embedded}")
    assert read_spec(specs / "demo.yaml").model.source == "embedded"


def test_a_spec_is_written_whole(tmp_path: Path) -> None:
    write_spec(full_spec(), tmp_path / "deep" / "run.yaml")
    assert read_spec(tmp_path / "deep" / "run.yaml") == full_spec()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run.yaml"]
