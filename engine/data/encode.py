"""Rendering each row for training, counting what is cut or left out and saying why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from engine.data.conversation import Conversation
from engine.data.finding import Finding, at_row, found
from engine.data.render import Rendered, render
from engine.data.report import SourceReport
from engine.data.template import ChatTemplate, TemplateRefuses, chat_template

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Encoder:
    """How rows become tokens: see the parameters of the same names in ``data``."""

    tokenizer: PreTrainedTokenizerBase
    max_length: int | None = None
    over_long: Literal["cut", "drop"] = "cut"
    mask_history: bool = False
    train_on_prompt: bool = False

    def encode(self, conversation: Conversation, report: SourceReport) -> Rendered | None:
        """The row as tokens; None when it is left out. Findings and counts go to ``report``."""
        rendered, plain = self.examine(conversation)
        findings = at_row(plain, conversation.row)
        if report.is_copy(conversation.file, conversation.line, conversation.row):
            return None if any(finding.lost for finding in findings) else rendered
        if rendered is not None:
            report.lengths.append(rendered.length)
        if rendered is None or any(finding.lost for finding in findings):
            report.drop(findings)
            return None
        report.add(findings)
        report.cut += bool(rendered.cut)
        return rendered

    def examine(self, conversation: Conversation) -> tuple[Rendered | None, list[Finding]]:
        """The row as tokens (None when the template refuses it) and what is to be said of it."""
        file, line = conversation.file, conversation.line
        try:
            rendered = render(
                self.tokenizer,
                conversation,
                max_length=self.max_length,
                mask_history=self.mask_history,
                train_on_prompt=self.train_on_prompt,
            )
        except TemplateRefuses as refusal:
            return None, [found("template_refused", file, line, reason=str(refusal))]
        findings = [found(note, file, line) for note in rendered.notes]
        if not self._template.own:
            findings.append(found("no_chat_template", file, line))
        findings += self._marks_in_words(conversation)
        if rendered.cut:
            findings.append(self._over_long(rendered, file, line))
        if rendered.trained == 0:
            findings.append(found("no_trained_token", file, line))
        elif not rendered.cut and not self.train_on_prompt and not self._stops(rendered):
            findings.append(found("stop_token_not_trained", file, line))
        return rendered, findings

    @cached_property
    def _template(self) -> ChatTemplate:
        return chat_template(self.tokenizer)

    @cached_property
    def _marks(self) -> frozenset[str]:
        """Texts of the special tokens, those that can be met by chance left out."""
        added = self.tokenizer.added_tokens_decoder.values()
        return frozenset(
            token.content for token in added if token.special and len(token.content) > 2
        )

    def _marks_in_words(self, conversation: Conversation) -> list[Finding]:
        for index, message in enumerate(conversation.messages):
            match = self._template.special.search(message.get("content") or "")
            if match and match[0] in self._marks:
                place = (conversation.file, conversation.line, conversation.pointer(index))
                return [found("special_token_in_text", *place, token=match[0])]
        return []

    def _over_long(self, rendered: Rendered, file: str, line: int) -> Finding:
        return found(
            "over_long",
            file,
            line,
            lost=int(self.over_long == "drop"),
            length=rendered.length,
            max_length=self.max_length,
        )

    def _stops(self, rendered: Rendered) -> bool:
        last = rendered.last_trained
        terminator = self._template.terminator
        ending: Any = self.tokenizer.convert_tokens_to_ids(terminator) if terminator else None
        return last in (self.tokenizer.eos_token_id, ending) or last in rendered.special_ids
