"""What a row says, as sixteen bytes: equal conversations have equal digests, however written.

A row of plain turns is digested as ``role NUL words NUL …``, which reading in bulk
(:mod:`engine.data.lane`) can put together without making a conversation of it.
"""

from __future__ import annotations

import json
from typing import Any

END = "\0"  # behind each role and each turn's words; words that hold it are written as JSON
_PLAIN = {"role", "content"}


def digest_of(messages: list[dict[str, Any]], tools: Any) -> bytes:
    """The digest of a conversation's messages and tools."""
    import xxhash

    text = plain_text(messages) if not tools else None
    if text is None:
        text = END + json.dumps([messages, tools], ensure_ascii=False, sort_keys=True)
    return xxhash.xxh3_128_digest(text.encode("utf-8", "surrogatepass"))


def plain_text(messages: list[dict[str, Any]]) -> str | None:
    """What is digested of plain turns; None where there is more to them than role and words."""
    parts = []
    for message in messages:
        content = message.get("content")
        if message.keys() != _PLAIN or not isinstance(content, str) or END in content:
            return None
        parts += (message["role"], content)
    return END.join(parts) + END
