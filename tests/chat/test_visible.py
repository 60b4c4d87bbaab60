"""Text from tokens: whole characters, no turn marks, thoughts kept."""

from __future__ import annotations

from pathlib import Path

from engine.chat.visible import Reader, Unfolding


def tokenizer_of(folder: Path, thoughts_special: bool):
    from tokenizers import AddedToken
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    marks = [AddedToken(mark, special=thoughts_special) for mark in ("<think>", "</think>")]
    tokenizer.add_tokens(marks)
    return tokenizer


def test_thoughts_are_kept_and_turn_marks_are_not(tiny_model: Path) -> None:
    for special in (True, False):
        tokenizer = tokenizer_of(tiny_model, special)
        text = "<think>\n想一想\n</think>\n\n我是小炉。"
        ids = tokenizer(text + "<|im_end|><|endoftext|>", add_special_tokens=False)["input_ids"]
        assert Reader(tokenizer).text(ids) == text


def test_a_character_in_several_tokens_is_given_once_it_is_whole(tiny_model: Path) -> None:
    tokenizer = tokenizer_of(tiny_model, False)
    text = "naïve 龘龘 👩‍🚀，炉火 ok"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert len(ids) > len(text)
    unfolding = Unfolding(Reader(tokenizer))
    pieces = [unfolding.add(token_id) for token_id in ids]
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)
    assert unfolding.rest() == ""


def test_an_unfinished_character_is_left_out(tiny_model: Path) -> None:
    tokenizer = tokenizer_of(tiny_model, False)
    ids = tokenizer("ok龘", add_special_tokens=False)["input_ids"][:-1]
    unfolding = Unfolding(Reader(tokenizer))
    said = "".join(unfolding.add(token_id) for token_id in ids) + unfolding.rest()
    assert said == "ok" == Reader(tokenizer).text(ids)
