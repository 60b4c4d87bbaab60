"""Every parameter is declared once and wholly: words, a default that passes, a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from engine import words
from engine.spec import resolve
from engine.spec.check import check_mapping, check_value
from engine.spec.exclusions import EXCLUSIONS, Exclusion
from engine.spec.run_spec import Chooser, RunSpec, plain
from engine.spec.schema import spec_schema
from engine.spec.sections import PARAMETERS, SECTIONS
from tui.cells import width as cell_len

_AREAS = [
    *(f"param_{section}" for section in SECTIONS),
    "section",
    "rule",
    "origin",
    "unit",
    "kind",
    "recipe",
    "reference",
    "cli_parameters",
    "error_spec",
    "error_run",
    "error_recipe",
    "error_excluded",
]


@pytest.fixture(params=words.LANGUAGES)
def tongue(request: pytest.FixtureRequest) -> Iterator[str]:
    words.use_language(request.param)
    yield request.param


def test_every_parameter_has_its_words(tongue: str) -> None:
    for path, declared in PARAMETERS.items():
        assert declared.label.strip() and declared.help.strip(), path
        assert cell_len(declared.label) <= 24, path
        assert all(declared.choice_label(choice) for choice in declared.choices), path
        assert declared.rule is None or declared.rule_text(), path
        assert not declared.unit or declared.unit_text, path


def test_every_section_and_chooser_has_its_words(tongue: str) -> None:
    for section in SECTIONS:
        assert words.t(f"section.{section}.label") and words.t(f"section.{section}.help")
    assert all(words.t(f"origin.by.{who}") for who in get_args(Chooser))


@pytest.mark.parametrize("area", _AREAS)
def test_both_languages_say_the_same_keys_with_the_same_placeholders(area: str) -> None:
    english, chinese = words.area(area, "en"), words.area(area, "zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert words.placeholders(text) == words.placeholders(chinese[key]), key


def test_no_words_are_left_of_a_parameter_that_is_gone() -> None:
    for section in SECTIONS:
        told = {key.partition(".")[0] for key in words.area(f"param_{section}", "en")}
        assert told == {d.name for d in PARAMETERS.values() if d.section == section}


@pytest.mark.parametrize("path", PARAMETERS)
def test_every_default_passes_its_own_check(path: str) -> None:
    assert check_value(path, plain(PARAMETERS[path].default)) is None


def test_the_schema_is_a_schema_and_accepts_what_the_defaults_say() -> None:
    Draft202012Validator.check_schema(spec_schema())
    check_mapping(RunSpec().to_mapping())


def test_a_bare_name_means_one_parameter() -> None:
    names = [declared.name for declared in PARAMETERS.values()]
    assert len(names) == len(set(names))


def test_what_a_parameter_applies_with_is_a_choice_of_another() -> None:
    for path, declared in PARAMETERS.items():
        for other, wanted in declared.applies.items():
            assert set(wanted) <= set(PARAMETERS[other].choices), path


@pytest.mark.parametrize("exclusion", EXCLUSIONS, ids=lambda each: each.code)
def test_every_excluded_combination_is_explained_and_each_fix_ends_it(
    exclusion: Exclusion, tongue: str
) -> None:
    values = {path: plain(declared.default) for path, declared in PARAMETERS.items()}
    for path, wanted in exclusion.when.items():
        values[path] = _value_that_holds(path, wanted)
    assert exclusion.holds(values)
    error = exclusion.error(values)
    assert error.what and error.why and error.fixes
    for fix in error.fixes:
        assert error.fix_text(fix)
        assert fix.set and not exclusion.holds({**values, **fix.set}), fix.name


def _value_that_holds(path: str, wanted: object) -> object:
    if isinstance(wanted, tuple):
        return wanted[0]
    if wanted == "unset":
        return PARAMETERS[path].default
    return {"text": "adapter", "sources": ["eval.jsonl"]}.get(PARAMETERS[path].kind, 1)


def test_every_reason_the_rules_give_has_words(tongue: str) -> None:
    constants = [
        word
        for rule in vars(resolve).values()
        if callable(rule) and getattr(rule, "__module__", "") == resolve.__name__
        for word in rule.__code__.co_consts
        if isinstance(word, str) and word in words.area("origin", "en")
    ]
    assert {"dtype_cpu", "accumulation", "warmup", "tenth"} <= set(constants)
    told = {key for key in words.area("origin", tongue) if not key.startswith("by.")}
    assert told == set(constants)
