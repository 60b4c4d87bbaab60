"""Tokens as the text a person reads: no special tokens, thinking kept, no broken characters."""

from __future__ import annotations

from typing import Any

_KEPT = {"<think>", "</think>"}
_BROKEN = "\ufffd"


class Reader:
    """Turns the ids of one tokenizer into text."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        hidden = dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))
        for token_id, token in tokenizer.added_tokens_decoder.items():
            if token.special:
                hidden[token_id] = token.content
        self._hidden = {token_id for token_id, text in hidden.items() if text not in _KEPT}

    def is_hidden(self, token_id: int) -> bool:
        """Whether the token stands for no text: a turn mark, a stop, padding."""
        return token_id in self._hidden

    def text(self, ids: list[int]) -> str:
        """The text of ``ids``. Bytes that make no character are left out."""
        return self.raw(ids).replace(_BROKEN, "")

    def raw(self, ids: list[int]) -> str:
        shown = [token_id for token_id in ids if token_id not in self._hidden]
        return self._tokenizer.decode(
            shown, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )


class Unfolding:
    """The text of a stream of tokens, piece by piece: a character spread over several tokens, as
    most Chinese ones outside the vocabulary are, is given once it is whole."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._context: list[int] = []  # tokens given already, that the next ones join on to
        self._waiting: list[int] = []

    def add(self, token_id: int) -> str:
        """What ``token_id`` adds to the text; empty while a character is incomplete."""
        if self._reader.is_hidden(token_id):
            return ""
        self._waiting.append(token_id)
        piece = self._new_text()
        if not piece or piece.endswith(_BROKEN):
            return ""
        self._context, self._waiting = self._waiting, []
        return piece.replace(_BROKEN, "")

    def rest(self) -> str:
        """What is left at the end, without the bytes of an unfinished character."""
        piece, self._waiting = self._new_text(), []
        return piece.replace(_BROKEN, "")

    def _new_text(self) -> str:
        before = self._reader.raw(self._context)
        return self._reader.raw(self._context + self._waiting)[len(before) :]
