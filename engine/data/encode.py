"""Rendering each row for training, counting what is cut or left out and saying why."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from engine.data.conversation import Conversation
from engine.data.finding import Finding, found
from engine.data.preference import Preference
from engine.data.render import Rendered, special_ids_of
from engine.data.render_many import Rendering, render_many
from engine.data.report import SourceReport
from engine.data.template import ChatTemplate, TemplateRefuses, chat_template
from engine.job import Job

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from engine.data.render_pool import RenderPool

Sides: TypeAlias = tuple[Rendered, Rendered]
"""The better and the worse answer to one prompt, each behind the prompt."""


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
        return self._reported(conversation, report, self._rendering.one(conversation))

    def encode_many(
        self,
        conversations: Iterable[Conversation],
        report: SourceReport,
        pool: RenderPool | None = None,
    ) -> Iterator[tuple[Conversation, Rendered | None]]:
        """Each row with its tokens as :meth:`encode` has them, in order, several times as fast,
        by the processes of ``pool`` where there are any; rows are taken from ``conversations`` some
        way ahead of those given."""
        for conversation, made in render_many(self._rendering, conversations, pool):
            yield conversation, self._reported(conversation, report, made)

    def _reported(
        self, conversation: Conversation, report: SourceReport, made: Rendered | TemplateRefuses
    ) -> Rendered | None:
        rendered, findings = self._judged(conversation, made)
        length, cut = (rendered.length, bool(rendered.cut)) if rendered else (None, False)
        return rendered if report.measured(conversation, length, findings, cut=cut) else None

    def encode_pairs(
        self, pairs: Iterable[Preference], report: SourceReport, pool: RenderPool | None = None
    ) -> Iterator[tuple[Preference, Sides | None]]:
        """Each pair with its better and its worse side as tokens (None where it is left out), in
        order, as :meth:`encode_many` does it."""
        ahead: deque[Preference] = deque()

        def sides() -> Iterator[Conversation]:
            for pair in pairs:
                ahead.append(pair)
                yield from pair.sides

        made = (rendered for _, rendered in render_many(self._rendering, sides(), pool))
        for better, worse in zip(made, made, strict=True):
            pair = ahead.popleft()
            both, findings = self._judged_pair(pair, (better, worse))
            yield pair, both if self.count_pair(pair, both, findings, report) else None

    def examine_pair(self, pair: Preference) -> tuple[Sides | None, list[Finding]]:
        """Both sides as tokens (None when the template refuses one) and what is to be said."""
        better, worse = pair.sides
        return self._judged_pair(pair, (self._rendering.one(better), self._rendering.one(worse)))

    def count_pair(
        self, pair: Preference, both: Sides | None, findings: list[Finding], report: SourceReport
    ) -> bool:
        """Count a pair by its longer side. Whether it is kept."""
        length = max(side.length for side in both) if both else None
        cut = bool(both) and any(side.cut for side in both)
        return report.measured(pair, length, findings, cut=cut)

    def _judged_pair(
        self, pair: Preference, made: tuple[Rendered | TemplateRefuses, Rendered | TemplateRefuses]
    ) -> tuple[Sides | None, list[Finding]]:
        better, findings = self._judged(pair.sides[0], made[0])
        worse, more = self._judged(pair.sides[1], made[1])
        known = {(each.code, each.pointer) for each in findings}
        findings += [each for each in more if (each.code, each.pointer) not in known]
        return ((better, worse) if better and worse else None), findings

    def pool(self, count: int, job: Job) -> RenderPool:
        """``count`` processes for :meth:`encode_many`, once they are entered."""
        from engine.data.render_pool import RenderPool

        return RenderPool(self._rendering, count, job)

    def examine(self, conversation: Conversation) -> tuple[Rendered | None, list[Finding]]:
        """The row as tokens (None when the template refuses it) and what is to be said of it."""
        return self._judged(conversation, self._rendering.one(conversation))

    def _judged(
        self, conversation: Conversation, rendered: Rendered | TemplateRefuses
    ) -> tuple[Rendered | None, list[Finding]]:
        file, line = conversation.file, conversation.line
        if conversation.images:
            return None, [found("image_not_trained", file, line)]
        if isinstance(rendered, TemplateRefuses):
            return None, [found("template_refused", file, line, reason=str(rendered))]
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
    def _rendering(self) -> Rendering:
        options = (self.max_length, self.mask_history, self.train_on_prompt)
        return Rendering(self.tokenizer, *options)

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

    @cached_property
    def _first_signs(self) -> frozenset[str]:
        """What the special tokens begin with, to be looked for before all of them."""
        return frozenset(mark[0] for mark in self._marks)

    @cached_property
    def _stop_ids(self) -> frozenset[Any]:
        tokenizer: Any = self.tokenizer
        terminator = self._template.terminator
        ending = tokenizer.convert_tokens_to_ids(terminator) if terminator else None
        return special_ids_of(tokenizer).union((tokenizer.eos_token_id, ending))

    def _marks_in_words(self, conversation: Conversation) -> list[Finding]:
        for index, message in enumerate(conversation.messages):
            content = message.get("content") or ""
            if not any([sign in content for sign in self._first_signs]):
                continue
            match = self._template.special.search(content)
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
        return rendered.last_trained in self._stop_ids
