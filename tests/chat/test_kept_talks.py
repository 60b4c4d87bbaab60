"""Saved conversations: listed, found by name, and opened again as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.chat.conversation import Answer, Conversation, Transcript, Turn, read_transcript
from engine.chat.kept_part import part_there
from engine.chat.kept_talks import chats_root, find_talk, kept_talks, new_place, save_both
from engine.chat.part import Part
from engine.chat.sampling import Sampling
from engine.errors import DanluError
from engine.spec.sections import Model
from tests.snapshot import screen_text
from tests.tui.settle import until
from tui.app import DanluApp
from tui.main import main
from tui.opening import take_over
from tui.screens.kept_talks import KeptTalksScreen
from tui.talk import Voice

PLAIN = Part("embedded", Model(dtype="float32"))
TUNED = Part("demo/checkpoint-2", Model(), Path("/runs/demo/checkpoint-2"), Path("/r"), "tuned")
CHOSEN = Sampling(temperature=0.7, top_k=20, top_p=0.9, seed=7, max_new_tokens=64)


def talk(question: str = "one") -> Transcript:
    turn = Turn(
        question, {"embedded": Answer("a", "done", 3, 0.5), "tuned": Answer("b", "stopped")}
    )
    voices = {"embedded": "embedded", "tuned": "tuned · demo/checkpoint-2"}
    parts = {"embedded": PLAIN, "tuned": TUNED}
    return Transcript("demo", voices, Conversation("Be brief.", [turn]), CHOSEN, parts)


def test_all_of_it_comes_back_each_value_of_its_own_type(danlu_home: Path) -> None:
    page, kept = save_both(talk(), new_place("demo"))
    assert page.suffix == ".md" and "Be brief." in page.read_text(encoding="utf-8")
    read = read_transcript(kept)
    assert read == talk()
    assert type(read.sampling.top_k) is int and type(read.sampling.temperature) is float


def test_numbers_that_another_program_turned_into_floats_are_whole_again(danlu_home: Path) -> None:
    _, kept = save_both(talk(), new_place("demo"))
    document = json.loads(kept.read_text(encoding="utf-8"))
    document["sampling"] |= {"top_k": 20.0, "temperature": "0.7", "seed": 7.0}
    document["turns"][0]["answers"]["embedded"]["tokens"] = 3.0
    kept.write_text(json.dumps(document))
    read = read_transcript(kept)
    assert read.sampling == CHOSEN and type(read.sampling.top_k) is int
    assert type(read.conversation.turns[0].answers["embedded"].tokens) is int


def test_the_newest_stands_first_and_is_found_by_its_name(danlu_home: Path) -> None:
    for number, name in enumerate(("old", "new")):
        _, kept = save_both(talk(name), new_place(name).with_name(name))
        document = json.loads(kept.read_text(encoding="utf-8"))
        kept.write_text(json.dumps({**document, "time": 1000 + number}))
    (danlu_home / "chats" / "other.json").write_text('{"rows": 3}')
    assert [found.asked for found in kept_talks()] == ["new", "old"]
    assert find_talk("old") == find_talk("old.md") == danlu_home / "chats" / "old.json"
    with pytest.raises(DanluError, match="other-one") as caught:
        find_talk("other-one")
    assert caught.value.code == "chat.no_such_talk" and "new, old" in caught.value.why


def test_they_are_listed_as_json(danlu_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "--saved", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    save_both(talk(), new_place("demo"))
    assert main(["chat", "--saved", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["title"] == "demo" and found["turns"] == 1 and found["asked"] == "one"
    assert main(["chat", "--open", "no-such", "--prompt", "x", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "chat.no_such_talk"


def test_they_are_deleted_by_name_once_that_is_confirmed(
    danlu_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, kept = save_both(talk(), new_place("demo"))
    mine = danlu_home / "mine.json"
    mine.write_text('{"rows": 3}')
    assert main(["chat", "--delete", kept.stem, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "run.not_confirmed"
    assert main(["chat", "--delete", str(mine), "--yes", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "chat.bad_file"
    assert main(["chat", "--delete", kept.stem, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": [str(kept)]}
    assert not kept.exists() and not page.exists() and mine.is_file()


async def test_on_their_screen_they_come_back_until_it_is_left(danlu_home: Path) -> None:
    places = [chats_root() / name for name in ("one", "two")]
    for number, place in enumerate(places):
        kept = save_both(talk(place.name), place)[1]
        document = json.loads(kept.read_text(encoding="utf-8"))
        kept.write_text(json.dumps({**document, "time": 2000 - number}))
    app = DanluApp(first=KeptTalksScreen(lambda kept, place: None))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "two" in screen_text(app))
        await pilot.press("delete", "down", "ctrl+d")
        assert screen_text(app).count("del brings it back") == 2
        assert "2 deleted when you leave" in screen_text(app)
        await pilot.press("delete")
        assert screen_text(app).count("del brings it back") == 1
        assert all(place.with_suffix(".json").is_file() for place in places)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, KeptTalksScreen))
        await until(pilot, lambda: not places[0].with_suffix(".json").exists())
    assert [path.name for path in sorted(chats_root().iterdir())] == ["two.json", "two.md"]


def test_one_whose_folder_is_gone_is_named(danlu_home: Path) -> None:
    with pytest.raises(DanluError) as caught:
        part_there(TUNED)
    assert caught.value.code == "chat.voice_gone"
    assert part_there(replace(PLAIN, reader=Path("/gone"))) == PLAIN


def test_another_model_goes_on_with_what_the_last_voice_said() -> None:
    kept = talk()
    take_over(kept, [Voice("base", PLAIN), Voice("tuned", TUNED)])
    answers = kept.conversation.turns[0].answers
    assert answers["tuned"].text == "b" and answers["base"].text == "a"
    take_over(kept, [Voice("other", PLAIN)])
    assert kept.conversation.turns[0].answers["other"].text == "b"
