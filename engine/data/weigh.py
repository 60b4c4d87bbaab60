"""How long the rows of other stages than ``sft`` are as tokens, and what the template makes of
them: pairs by their longer side, prompts up to where the answer begins, plain text as it is."""

from __future__ import annotations

from typing import Any

from engine.data.adapted import adapted
from engine.data.conversation import Conversation
from engine.data.encode import Encoder
from engine.data.example import Example
from engine.data.finding import Finding, found
from engine.data.labelled import Labelled
from engine.data.plain_text import PlainText
from engine.data.preference import Preference
from engine.data.prompt import Prompt
from engine.data.report import SourceReport
from engine.data.template import TemplateRefuses, chat_template


def weigh(example: Example, encoder: Encoder, report: SourceReport) -> None:
    """Count the row's length, cut and loss into ``report``, with what is to be said of it."""
    if isinstance(example, Conversation):
        encoder.encode(example, report)
        return
    if isinstance(example, Preference):
        encoder.count_pair(example, *encoder.examine_pair(example), report)
        return
    length, findings = _judged(example, encoder)
    cut = any(finding.code == "over_long" for finding in findings)
    report.measured(example, length, findings, cut=cut)


def _judged(example: Example, encoder: Encoder) -> tuple[int | None, list[Finding]]:
    """The row's tokens (None where the template refuses it) and what is to be said of it."""
    if isinstance(example, Labelled):
        rendered, findings = encoder.examine(example.conversation)
        return (rendered.length if rendered else None), findings
    if isinstance(example, Prompt):
        if example.conversation.images:
            return None, [found("image_not_trained", example.file, example.line)]
        try:
            text = _asked(example, encoder)
        except TemplateRefuses as error:
            place = (example.file, example.line)
            return None, [found("template_refused", *place, reason=str(error))]
        return _measured(text, example, encoder)
    assert isinstance(example, PlainText)
    return _measured(example.text, example, encoder)


def _asked(prompt: Prompt, encoder: Encoder) -> str:
    template = chat_template(encoder.tokenizer)
    conversation = prompt.conversation
    messages, tools, _ = adapted(template, conversation.messages, conversation.tools)
    return template.apply(messages, tools, ask=True)


def _measured(
    text: str, example: Prompt | PlainText, encoder: Encoder
) -> tuple[int, list[Finding]]:
    """The tokens of a text; longer ones are cut or dropped as rows are."""
    special = isinstance(example, PlainText)
    encoded: Any = encoder.tokenizer(text, add_special_tokens=special, verbose=False)
    length, most = len(encoded["input_ids"]), encoder.max_length
    if not most or length <= most:
        return length, []
    lost = int(encoder.over_long == "drop")
    place = (example.file, example.line)
    return length, [found("over_long", *place, lost=lost, length=length, max_length=most)]
