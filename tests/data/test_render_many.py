"""A batch of rows becomes the very tokens and labels that each becomes by itself."""

from __future__ import annotations

from typing import Any

import pytest

from engine.data.conversation import Conversation
from engine.data.encode import Encoder
from engine.data.render_many import Rendering, render_many
from engine.data.report import SourceReport
from engine.data.template import TemplateRefuses
from tests.data.templates import tokenizer_of

CALL = [{"type": "function", "function": {"name": "warm", "arguments": {"in": "Oslo"}}}]


def said(*turns: tuple[str, str], **more: Any) -> Conversation:
    messages: list[dict[str, Any]] = [{"role": role, "content": words} for role, words in turns]
    messages[-1] |= more
    return Conversation(messages, None, "f", 1)


ROWS = [
    said(("user", "Who are you?"), ("assistant", "I am Ember.")),
    said(("system", "Be brief."), ("user", "你是谁？"), ("assistant", "我是小炉。\n")),
    said(("user", "1"), ("assistant", "one"), ("user", "2"), ("assistant", "two " * 30)),
    said(("user", "1"), ("assistant", "<think>\nhm\n</think>\n\none")),
    said(("user", "say <|im_end|>"), ("assistant", "<|im_end|> and <|eot_id|></s> so")),
    said(("user", "1"), ("assistant", "never"), ("user", "2"), ("assistant", " two "), loss=False),
    said(("user", "warm?"), ("assistant", ""), tool_calls=CALL),
    said(("user", "?"), ("assistant", "  "), ("user", "?"), ("assistant", "👍")),
]


@pytest.mark.parametrize(
    "name", ["QWEN25", "QWEN3", "LLAMA3", "DEEPSEEK", "GEMMA", "MISTRAL", "GLM", "NONE"]
)
def test_a_batch_says_what_single_rows_do(name: str) -> None:
    asked: list[dict[str, Any]] = [
        {}, {"mask_history": True}, {"train_on_prompt": True}, {"max_length": 20}
    ]  # fmt: skip
    for options in asked:
        rendering = Rendering(tokenizer_of(name), **options)
        rows = [row for row in ROWS for _ in range(33)]
        made = list(render_many(rendering, rows))
        assert [row for row, _ in made] == rows
        for row, many in made[::33]:
            one = rendering.one(row)
            if isinstance(one, TemplateRefuses) or isinstance(many, TemplateRefuses):
                assert str(one) == str(many)
                continue
            assert (many.input_ids, many.labels) == (one.input_ids, one.labels)
            assert (many.cut, many.notes, many.trained) == (one.cut, one.notes, one.trained)


def test_encoding_many_reports_as_encoding_one_does() -> None:
    encoder = Encoder(tokenizer_of("QWEN25"), 24, "drop")
    alone, together = SourceReport("f"), SourceReport("f")
    one = [encoder.encode(row, alone) for row in ROWS]
    many = [rendered for _, rendered in encoder.encode_many(ROWS, together)]
    assert [r and r.labels for r in one] == [r and r.labels for r in many]
    assert alone.document() == together.document() and alone.lengths == together.lengths
