"""Whether a text may hold something worth a remark, told for thousands of texts at once.

One regular expression (RE2's, run by Arrow without holding the interpreter) that matches wherever a
check of single texts may find something; where it does not match, none does. Each of those checks
has its part of it, ``TELLTALE``, beside its own patterns. Texts it matches are looked at one by
one, so it may match too often, never too seldom. Imports pyarrow when called.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from engine.data import fill, foreign_tokens, garbled, secrets
from engine.data.spoken import IMAGE

_MARKS = map(re.escape, (fill.OPENING, IMAGE))
_ALL = "|".join((garbled.TELLTALE, foreign_tokens.TELLTALE, secrets.TELLTALE, *_MARKS))
SUSPICIOUS = re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", _ALL)  # RE2 has no \u


def suspicious(texts: Sequence[bytes]) -> list[int]:
    """Which of ``texts`` (UTF-8) need a closer look: their numbers, from 0."""
    import pyarrow
    import pyarrow.compute

    compute: Any = pyarrow.compute

    array = pyarrow.array(texts, pyarrow.large_string())
    matched = compute.match_substring_regex(array, SUSPICIOUS)
    return compute.indices_nonzero(matched).to_pylist()
