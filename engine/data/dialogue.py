"""Conversations written as one text, ``\\n\\nHuman: … \\n\\nAssistant: …``, as early pairs are."""

from __future__ import annotations

import re
from typing import Any

_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def dialogue(text: str) -> list[dict[str, Any]] | str:
    """The messages of such a text; any other text as it is."""
    before, *parts = _TURN.split(text)
    if before.strip() or len(parts) < 4:
        return text
    spoken = zip(parts[::2], parts[1::2], strict=True)
    return [{"role": _ROLES[who], "content": said.strip()} for who, said in spoken]
