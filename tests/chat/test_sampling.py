"""How answers are drawn: each number of its own type, wherever it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from engine.chat.conversation import Conversation
from engine.chat.part import Part
from engine.chat.sampling import FIELDS, Sampling, options, read_sampling, sampling_of
from engine.errors import DanluError
from engine.spec.sections import Model
from tui.cli.chat_lines import ChatLines
from tui.talk import Voice


def test_types_survive_text_file_and_command(tmp_path: Path) -> None:
    given = Sampling(0.7, 0.9, 1_000_000, 2048, 1.15, 2**53 + 1)
    typed = {field.name: field.text(getattr(given, field.name)) for field in FIELDS}
    assert sampling_of(typed) == given
    file = tmp_path / "sampling.json"
    file.write_text(json.dumps(given.document()))
    read = read_sampling(file)
    assert read == given
    assert type(read.top_k) is int and type(read.temperature) is float
    words = options(given, Sampling())
    pairs = zip(words[::2], words[1::2], strict=True)
    asked = {name[2:].replace("-", "_"): value for name, value in pairs}
    assert sampling_of(asked) == given


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("top_k", "20.0", 20),
        ("top_k", 20.0, 20),
        ("temperature", 1, 1.0),
        ("seed", "", None),
        ("seed", None, None),
    ],
)
def test_a_number_written_otherwise_becomes_the_fields_own(
    name: str, value: Any, read: float | int | None
) -> None:
    found = getattr(sampling_of({name: value}), name)
    assert found == read and type(found) is type(read)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top_k", "20.5"),
        ("top_k", "many"),
        ("top_k", True),
        ("top_k", [3]),
        ("temperature", "nan"),
        ("temperature", ""),
        ("top_p", 0),
        ("max_new_tokens", 0),
        ("heat", 1),
    ],
)
def test_what_is_no_such_number_is_named(name: str, value: Any) -> None:
    with pytest.raises(DanluError) as caught:
        sampling_of({name: value})
    assert caught.value.code in ("chat.bad_sampling", "chat.unknown_sampling")
    assert str(caught.value.values["name"]) == name


def test_a_file_that_holds_no_settings_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[1]")
    for name in ("list.json", "none.json"):
        with pytest.raises(DanluError) as caught:
            read_sampling(tmp_path / name)
        assert caught.value.code == "chat.bad_file"


def test_on_lines_a_setting_is_changed_or_all_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    voice = Voice("base", Part("embedded", Model(), kind="base"))
    lines = ChatLines(cast(Any, None), Sampling(), (voice,), Conversation())
    lines.command("/set top_k 20.0")
    lines.command("/set")
    told = capsys.readouterr().out.splitlines()
    assert told[0] == told[1] and "top_k 20 ·" in told[1] and told[1].endswith("seed –")
