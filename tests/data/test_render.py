"""What is trained of a row: the answers and their stop tokens, by every kind of chat template."""

from __future__ import annotations

from typing import Any

import pytest

from engine.data.conversation import Conversation
from engine.data.render import IGNORED, Rendered, render
from engine.data.template import TemplateRefuses, chat_template, ensure_chat_template
from engine.data.tool_calls import numbered
from tests.data.templates import tokenizer_of

TWO_TURNS = [("user", "2+2?"), ("assistant", "Four."), ("user", "3+3?"), ("assistant", "Six.")]
WITH_SYSTEM = [("system", "Be brief."), *TWO_TURNS]
THINKING = "<think>\nI add.\n</think>\n\nFour."
CALL = {
    "type": "function",
    "function": {"name": "add", "arguments": {"a": 2, "b": "二"}},
}


def conversation(*turns: tuple[str, Any], tools: Any = None) -> Conversation:
    messages = [
        {"role": role, "content": "", "tool_calls": said}
        if isinstance(said, list)
        else {"role": role, "content": said}
        for role, said in turns
    ]
    return Conversation(numbered(messages), tools, "rows.jsonl", 1)


def trained(rendered: Rendered) -> list[str]:
    """The stretches of text that are trained."""
    stretches, open_now = [], False
    for piece in rendered.pieces:
        if piece.trained:
            stretches = (
                [*stretches, piece.text]
                if not open_now
                else [
                    *stretches[:-1],
                    stretches[-1] + piece.text,
                ]
            )
        open_now = piece.trained
    return stretches


def text(rendered: Rendered) -> str:
    return "".join(piece.text for piece in rendered.pieces)


STOPS = {
    "QWEN25": "<|im_end|>",
    "QWEN3": "<|im_end|>",
    "LLAMA3": "<|eot_id|>",
    "DEEPSEEK": "<|end|>",
    "GEMMA": "<end_of_turn>",
    "MISTRAL": "</s>",
}


@pytest.mark.parametrize("name", STOPS)
def test_each_answer_is_trained_with_its_stop_token_and_nothing_else_is(name: str) -> None:
    rendered = render(tokenizer_of(name), conversation(*WITH_SYSTEM))
    stop = STOPS[name]
    last = (
        trained(rendered)[-1].replace("<think>\n\n</think>\n\n", "").replace("\n</think>\n\n", "")
    )
    assert [trained(rendered)[0].lstrip(), last.lstrip()] == [f"Four.{stop}", f"Six.{stop}"]
    assert "Be brief." in text(rendered)
    for label, token in zip(rendered.labels, rendered.input_ids, strict=True):
        assert label in (IGNORED, token)


@pytest.mark.parametrize("name", STOPS)
def test_the_prompt_before_the_last_answer_is_what_the_model_is_given_when_asked(name: str) -> None:
    tokenizer = tokenizer_of(name)
    row = conversation(*TWO_TURNS)
    rendered = render(tokenizer, row, mask_history=True)
    start = next(i for i, label in enumerate(rendered.labels) if label != IGNORED)
    template = chat_template(tokenizer)
    asked = template.apply([dict(message) for message in row.messages[:-1]], ask=True)
    assert rendered.input_ids[:start] == tokenizer(asked, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("name", STOPS)
def test_without_thinking_the_text_is_the_templates_own(name: str) -> None:
    tokenizer = tokenizer_of(name)
    row = conversation(*TWO_TURNS)
    own = tokenizer.apply_chat_template(row.messages, tokenize=False)
    made = text(render(tokenizer, row))
    assert made == (own if name != "DEEPSEEK" else own.replace("Six", "<think>\n\n</think>\n\nSix"))


@pytest.mark.parametrize("name", STOPS)
def test_thinking_is_kept_in_every_turn(name: str) -> None:
    turns = [("user", "2+2?"), ("assistant", THINKING), ("user", "?"), ("assistant", THINKING)]
    rendered = render(tokenizer_of(name), conversation(*turns))
    assert text(rendered).count(THINKING) == 2
    assert text(rendered).count("<think>") == 2
    for stretch in trained(rendered):
        # Where the template opens answers with <think>, the model is given it, not taught it.
        given = "<think>\n" if name == "DEEPSEEK" else ""
        assert given + stretch.lstrip() == THINKING + STOPS[name]


def test_an_answer_without_thinking_gets_an_empty_one_where_answers_open_with_it() -> None:
    rendered = render(tokenizer_of("DEEPSEEK"), conversation(("user", "?"), ("assistant", "Four.")))
    assert trained(rendered) == ["\n</think>\n\nFour.<|end|>"]
    assert "empty_thinking_added" in rendered.notes


def test_a_stop_token_that_is_also_the_pad_token_is_trained(tiny_model: Any) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    rendered = render(tokenizer, conversation(*TWO_TURNS))
    assert rendered.last_trained == tokenizer.eos_token_id
    assert rendered.labels.count(tokenizer.eos_token_id) == 2


def test_stop_tokens_within_the_words_do_not_confuse_the_mask() -> None:
    turns = [("user", "What is <|im_end|>?"), ("assistant", "It is <|im_end|> indeed.")]
    rendered = render(tokenizer_of("QWEN25"), conversation(*turns))
    assert trained(rendered) == ["It is <|im_end|> indeed.<|im_end|>"]


def test_words_that_look_like_a_turn_do_not_confuse_the_mask() -> None:
    said = "<|im_start|>assistant\nFour."
    rendered = render(tokenizer_of("QWEN25"), conversation(("user", said), ("assistant", said)))
    assert trained(rendered) == [f"{said}<|im_end|>"]


def test_an_answer_that_repeats_the_question_is_trained_once() -> None:
    rendered = render(
        tokenizer_of("QWEN25"), conversation(("user", "Four."), ("assistant", "Four."))
    )
    assert trained(rendered) == ["Four.<|im_end|>"]


def test_an_answer_that_begins_with_a_line_end_starts_where_the_prompt_ends() -> None:
    tokenizer = tokenizer_of("QWEN25")
    rendered = render(tokenizer, conversation(("user", "?"), ("assistant", "\n\nFour.")))
    assert trained(rendered) == ["\n\nFour.<|im_end|>"]


def test_a_system_prompt_the_template_refuses_stands_in_the_first_question() -> None:
    rendered = render(tokenizer_of("GEMMA"), conversation(*WITH_SYSTEM))
    assert "user\nBe brief.\n\n2+2?<end_of_turn>" in text(rendered)
    assert rendered.notes == ("system_folded",)


def test_an_answer_without_a_stop_token_gets_the_tokenizers() -> None:
    rendered = render(tokenizer_of("GLM"), conversation(*TWO_TURNS))
    assert trained(rendered) == ["Four.<|user|>", "Six.<|endoftext|>"]


def test_only_the_last_answer_is_trained_when_history_is_masked() -> None:
    rendered = render(tokenizer_of("QWEN25"), conversation(*TWO_TURNS), mask_history=True)
    assert trained(rendered) == ["Six.<|im_end|>"]


def test_every_token_is_trained_when_the_prompt_is_trained_too() -> None:
    rendered = render(tokenizer_of("QWEN25"), conversation(*TWO_TURNS), train_on_prompt=True)
    assert rendered.labels == rendered.input_ids


def test_an_answer_marked_as_not_to_learn_is_read_only() -> None:
    row = conversation(*TWO_TURNS)
    row.messages[1]["loss"] = False
    assert trained(render(tokenizer_of("QWEN25"), row)) == ["Six.<|im_end|>"]


def test_a_row_is_cut_from_its_end_and_the_cut_is_counted() -> None:
    tokenizer = tokenizer_of("QWEN25")
    whole = render(tokenizer, conversation(*TWO_TURNS))
    short = render(tokenizer, conversation(*TWO_TURNS), max_length=20)
    assert short.input_ids == whole.input_ids[:20]
    assert (short.cut, short.length) == (len(whole.input_ids) - 20, len(whole.input_ids))
    assert len(short.pieces) == 20


def test_the_pieces_of_a_row_are_its_text_also_where_a_character_is_several_tokens() -> None:
    turns = [("user", "你是谁？🙂"), ("assistant", "我是小炉。🔥")]
    rendered = render(tokenizer_of("QWEN25"), conversation(*turns))
    assert text(rendered) == rendered.text
    assert trained(rendered) == ["我是小炉。🔥<|im_end|>"]
    assert [p.text for p in rendered.pieces if p.special][-1] == "<|im_end|>"


def test_a_tool_call_is_trained_and_the_tools_answer_is_not() -> None:
    tools = [{"type": "function", "function": {"name": "add"}}]
    turns = [("user", "2+2?"), ("assistant", [CALL]), ("tool", "4"), ("assistant", "Four.")]
    rendered = render(tokenizer_of("QWEN25"), conversation(*turns, tools=tools))
    call = '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": "二"}}\n</tool_call>'
    assert trained(rendered) == [f"{call}<|im_end|>", "Four.<|im_end|>"]
    assert "# Tools" in text(rendered) and rendered.notes == ()


def test_tool_calls_have_the_ids_that_some_templates_want() -> None:
    turns = [("user", "2+2?"), ("assistant", [CALL]), ("tool", "4"), ("assistant", "Four.")]
    mistral = trained(render(tokenizer_of("MISTRAL"), conversation(*turns)))
    assert mistral[0].startswith('[TOOL_CALLS] [{"name": "add", "arguments": {"a": 2, "b": "二"}')
    assert mistral[0].endswith("]</s>")


def test_tools_are_written_as_text_where_the_template_knows_none() -> None:
    tools = [{"type": "function", "function": {"name": "add"}}]
    turns = [("user", "2+2?"), ("assistant", [CALL]), ("tool", "4"), ("assistant", "Four.")]
    rendered = render(tokenizer_of("GEMMA"), conversation(*turns, tools=tools))
    assert '<tools>\n{"type": "function"' in text(rendered)
    assert "<start_of_turn>user\n<tool_response>\n4\n</tool_response><end_of_turn>" in text(
        rendered
    )
    call = '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": "二"}}\n</tool_call>'
    assert trained(rendered) == [f"{call}<end_of_turn>", "Four.<end_of_turn>"]
    assert "tools_as_text" in rendered.notes


def test_a_conversation_the_template_cannot_say_is_refused_with_its_reason() -> None:
    turns = [("user", "?"), ("user", "??"), ("assistant", "Four.")]
    with pytest.raises(TemplateRefuses, match="alternate"):
        render(tokenizer_of("GEMMA"), conversation(*turns))


def test_a_tokenizer_without_a_template_uses_plain_lines_and_can_be_given_them() -> None:
    tokenizer = tokenizer_of("NONE")
    before = text(render(tokenizer, conversation(*WITH_SYSTEM)))
    assert before.startswith("Be brief.\n\nUser: 2+2?\nAssistant: Four.<|endoftext|>\n")
    try:
        assert ensure_chat_template(tokenizer)
        assert text(render(tokenizer, conversation(*WITH_SYSTEM))) == before
        assert not ensure_chat_template(tokenizer)
    finally:
        tokenizer.chat_template = None
    assert trained(render(tokenizer, conversation(*TWO_TURNS))) == [
        " Four.<|endoftext|>".lstrip(),
        "Six.<|endoftext|>",
    ]
