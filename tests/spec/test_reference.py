"""The reference and its JSON Schema come from the declarations, in the language of the reader."""

from __future__ import annotations

import argparse
import json

import pytest
from jsonschema import Draft202012Validator

from engine import words
from engine.errors import DanluError
from engine.spec.reference import detail_lines, find_parameters, schema_document
from engine.spec.run_spec import RunSpec
from engine.spec.sections import PARAMETERS, SECTIONS
from tui.cells import width as cell_len
from tui.cli import parameters


@pytest.mark.parametrize("tongue", words.LANGUAGES)
def test_everything_declared_is_told(tongue: str) -> None:
    words.use_language(tongue)
    for declared in find_parameters(None):
        text = "\n".join(detail_lines(declared))
        assert declared.path in text and declared.help in text
        assert all(choice in text for choice in declared.choices)


def test_a_section_a_path_or_a_bare_name_finds_its_parameters() -> None:
    assert [d.path for d in find_parameters("run")] == ["run.name"]
    assert find_parameters("lora_rank") == find_parameters("method.lora_rank")
    assert len(find_parameters(None)) == len(PARAMETERS)
    with pytest.raises(DanluError) as caught:
        find_parameters("lora_rang")
    assert caught.value.values["nearest"] == "method.lora_rank"


@pytest.mark.parametrize("tongue", words.LANGUAGES)
def test_the_annotated_schema_is_a_schema_that_takes_the_defaults(tongue: str) -> None:
    words.use_language(tongue)
    document = schema_document()
    Draft202012Validator.check_schema(document)
    Draft202012Validator(document).validate(RunSpec().to_mapping())
    rate = document["properties"]["train"]["properties"]["learning_rate"]
    assert rate["title"] == PARAMETERS["train.learning_rate"].label
    assert schema_document("learning_rate") == rate
    assert set(schema_document("method")["properties"]) == {
        d.name for d in find_parameters("method")
    }


@pytest.mark.parametrize("tongue", words.LANGUAGES)
def test_the_command_prints_it_within_the_terminal(
    tongue: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words.use_language(tongue)
    monkeypatch.setenv("COLUMNS", "80")
    for name in (None, "train", "optim"):
        assert parameters.run(argparse.Namespace(name=name, json=False)) == 0
        lines = capsys.readouterr().out.splitlines()
        assert all(cell_len(line) <= 80 for line in lines)
    parameters.run(argparse.Namespace(name=None, json=False))
    printed = capsys.readouterr().out
    assert all(f"{declared.name} " in printed for declared in PARAMETERS.values())
    assert all(f"## {section}" in printed for section in SECTIONS)
    parameters.run(argparse.Namespace(name="seed", json=True))
    assert json.loads(capsys.readouterr().out)["default"] == 42
