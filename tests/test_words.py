"""Every word in both languages, every key there, no word left in code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine import words
from engine.spec.sections import PARAMETERS
from engine.units import human_amount, human_progress
from tests.source import Module, calls, docstrings, modules, name_of, texts

FOLDER = Path(words.__file__).parent
AREAS = sorted(path.stem for path in (FOLDER / "en").glob("*.toml"))


def everything() -> Iterator[Module]:
    yield from modules("engine")
    yield from modules("tui")


@cache
def catalogue(language: str = "en") -> dict[str, str]:
    return {
        f"{name}.{key}": text for name in AREAS for key, text in words.area(name, language).items()
    }


@cache
def error_codes() -> frozenset[str]:
    return frozenset(
        key.removeprefix("error_").removesuffix(".what")
        for key in catalogue()
        if key.startswith("error_") and key.endswith(".what")
    )


def pattern(node: ast.JoinedStr) -> re.Pattern[str]:
    """What an f-string may become: anything in place of its values."""
    parts = [
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else r".+"
        for part in node.values
    ]
    return re.compile("".join(parts))


def given(call: ast.Call) -> set[str] | None:
    """The names of a call's keyword arguments; None when some come out of a mapping."""
    names = {keyword.arg for keyword in call.keywords}
    return None if None in names else {name for name in names if name}


def first(call: ast.Call) -> ast.AST | None:
    return call.args[0] if call.args else None


def test_both_languages_have_the_same_areas() -> None:
    assert sorted(path.stem for path in (FOLDER / "zh").glob("*.toml")) == AREAS


@pytest.mark.parametrize("name", AREAS)
def test_both_languages_say_the_same_things_with_the_same_values(name: str) -> None:
    english, chinese = words.area(name, "en"), words.area(name, "zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert words.placeholders(text) == words.placeholders(chinese[key]), f"{name}.{key}"
        assert text.strip() and chinese[key].strip(), f"{name}.{key}"


def test_one_thing_is_not_many() -> None:
    assert words.t("runs.count", count=1) == "1 run"
    assert words.t("runs.count", count="1,200") == "1,200 runs"
    assert [human_amount(count, "rows") for count in (1, 1200)] == ["1 row", "1 200 rows"]
    assert human_progress(0, 1, "steps") == "0 / 1 step"
    counted = re.compile(r"\{(rows|count|files|steps|epochs|questions|cut)\} (\w+s)\b(?!/)")
    assert not [key for key, text in catalogue().items() if counted.search(text)]


def test_chinese_is_chinese_and_english_is_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    kept = {"中文", "丹炉"}  # a language is named in itself, danlu by its name
    left = [
        key
        for key, text in catalogue().items()
        if han.search(text) and not kept & set(re.findall(r"[\u4e00-\u9fff]+", text))
    ]
    assert left == []
    untranslated = [
        key
        for key, text in catalogue("zh").items()
        if text == catalogue()[key] and re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", text)
    ]
    assert untranslated == []


def test_every_text_in_code_that_reads_like_a_key_is_one() -> None:
    """Keys are handed on, too, and asked for elsewhere: ``_figure("live.machine.cpu")``."""
    keys = catalogue()
    known = {*keys, *error_codes()}
    beginnings = {key[: mark.start()] for key in known for mark in re.finditer("[._]", key)}
    no_keys = {*error_codes(), *PARAMETERS, *beginnings}
    wrong = [
        f"{module.where(node)} {text}"
        for module in everything()
        for node, text in _handed_on(module.tree)
        if text not in keys and text.rstrip("_") not in no_keys and not text.endswith(_NO_KEYS)
    ]
    assert wrong == []


_NO_KEYS = (".json", ".md", ".txt", ".stat", ".completion", ".chunk")


def _handed_on(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Texts made like keys of an area; not the ids of widgets and bindings."""
    ids = {
        id(keyword.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "id"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in ids:
            for text in texts(node):
                if re.fullmatch(r"\w+(\.\w+)+", text) and text.partition(".")[0] in AREAS:
                    yield node, text


def test_every_error_raised_has_its_words_and_gives_their_values() -> None:
    wrong = []
    for module in everything():
        for call in calls(module.tree, "DanluError"):
            for code in texts(first(call)):
                wrong += [f"{module.where(call)} {it}" for it in _error_faults(code, call)]
    assert wrong == []


def _error_faults(code: str, call: ast.Call) -> Iterator[str]:
    if code not in error_codes():
        yield f"no words for {code}"
        return
    area, _, name = code.partition(".")
    own = words.area(f"error_{area}", "en")
    values = given(call)
    if values is not None:
        said = [text for key, text in own.items() if key.startswith(f"{name}.")]
        missing = set().union(*map(words.placeholders, said)) - values
        if missing:
            yield f"{code} lacks {sorted(missing)}"
    for fix in calls(call, "Fix"):
        for text in texts(first(fix)):
            if f"{name}.fixes.{text}" not in own:
                yield f"{code} has no fix {text}"


def test_every_error_with_words_can_happen() -> None:
    said = {text for module in everything() for text in _plain_texts(module.tree)}
    made = [
        pattern(argument)
        for module in everything()
        for call in calls(module.tree, "DanluError")
        if isinstance(argument := first(call), ast.JoinedStr)
    ]
    dead = [
        code
        for code in sorted(error_codes())
        if code not in said
        and not (code.partition(".")[2] in said and any(p.fullmatch(code) for p in made))
    ]
    assert dead == []


def test_every_error_says_what_why_and_a_way_out() -> None:
    for code in error_codes():
        for part in (".what", ".why"):
            assert f"error_{code}{part}" in catalogue(), f"{code}{part}"
        assert any(key.startswith(f"error_{code}.fixes.") for key in catalogue()), code


def test_every_key_asked_for_is_there_and_gets_its_values() -> None:
    wrong = []
    for module in everything():
        for call, argument in _asked(module):
            for key in texts(argument):
                if key not in catalogue():
                    wrong.append(f"{module.where(call)} no words for {key}")
                    continue
                values = given(call)
                missing = words.placeholders(catalogue()[key]) - (values or set())
                if values is not None and missing:
                    wrong.append(f"{module.where(call)} {key} lacks {sorted(missing)}")
            if isinstance(argument, ast.JoinedStr):
                wanted = pattern(argument)
                if not any(wanted.fullmatch(key) for key in catalogue()):
                    wrong.append(f"{module.where(call)} nothing like {wanted.pattern}")
    assert wrong == []


def _asked(module: Module) -> Iterator[tuple[ast.Call, ast.AST | None]]:
    """Calls that read or name words: ``t(…)``, ``words.t(…)`` or under another name that the module
    gave it, and ``job.note(…)``."""
    readers = _readers(module)
    for call in calls(module.tree, "note", *readers):
        owner = getattr(getattr(call.func, "value", None), "id", None)
        bare = isinstance(call.func, ast.Name)
        if (name_of(call) == "note" and owner == "job") or (
            name_of(call) in readers and (bare or owner == "words")
        ):
            yield call, first(call)


def _readers(module: Module) -> set[str]:
    renamed = {
        target.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in ("words.t", "t")
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {"t"} | renamed


def test_every_key_binding_and_phase_has_its_words() -> None:
    wrong = []
    for module in everything():
        for call in calls(module.tree, "Binding"):
            described = texts(call.args[2]) if len(call.args) > 2 else []
            wrong += [
                f"{module.where(call)} no words for {key}{part}"
                for key in described
                for part in (".label", ".help")
                if key and key + part not in catalogue()
            ]
        for call in calls(module.tree, "report"):
            if getattr(getattr(call.func, "value", None), "id", "") == "job":
                wrong += [
                    f"{module.where(call)} no words for phase {key}"
                    for key in texts(first(call))
                    if f"phase.{key}" not in catalogue()
                ]
    assert wrong == []


HAN = re.compile(r"[\u4e00-\u9fff]")
WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
WORD = re.compile(r"[A-Za-z]{3,}")
STYLE = re.compile(r"[$\w-]+( (bold|dim|italic|reverse|strike|underline|on [$\w-]+))+")
COMMAND = re.compile(r"\s*(danlu\b|--[a-z])")  # typed by people in any language
SHOWN_BY = ("print", "Static", "Label", "Button", "notify", "say", "write", "update")
UNSEEN_BY = ("exception", "debug", "info", "warning", "error", "compile")  # logs, patterns


def test_no_han_character_stands_in_code() -> None:
    assert [place for place, text in _texts_in_code("engine", "tui") if HAN.search(text)] == []


def test_no_english_sentence_stands_in_the_screens_code() -> None:
    left = [
        f"{place} {text!r}"
        for place, text in _texts_in_code("tui")
        if WORDS.search(text) and not STYLE.fullmatch(text) and not COMMAND.match(text)
    ]
    assert left == []


def test_not_even_one_word_is_shown_that_is_not_in_the_catalogue() -> None:
    left = [
        f"{module.where(call)} {text!r}"
        for module in modules("tui")
        for call in calls(module.tree, *set(SHOWN_BY) - _readers(module))
        for argument in call.args
        for text in [*texts(argument), *_f_string_texts(argument)]
        if WORD.search(text) and not COMMAND.match(text)
    ]
    assert left == []


def _texts_in_code(*packages: str) -> Iterator[tuple[str, str]]:
    for package in packages:
        for module in modules(package):
            unseen = docstrings(module.tree) | set(_unseen(module.tree))
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Constant) and id(node) not in unseen:
                    yield from ((module.where(node), text) for text in texts(node))


def _unseen(tree: ast.AST) -> Iterator[int]:
    """Texts nobody reads on a screen: styles, faults of the program itself, log lines."""
    for node in ast.walk(tree):
        hidden: Any = None
        logged = isinstance(node, ast.Call) and name_of(node) in UNSEEN_BY
        if isinstance(node, ast.Raise) or logged:
            hidden = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            hidden = node if getattr(target, "id", "") in ("DEFAULT_CSS", "CSS") else None
        if hidden is not None:
            yield from (id(inner) for inner in ast.walk(hidden))


def _plain_texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            yield from texts(node)


def _f_string_texts(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.JoinedStr):
        return []
    return [text for part in node.values for text in texts(part)]
