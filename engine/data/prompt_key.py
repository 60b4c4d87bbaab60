"""What a row asks, as a short hash: rows that ask the same have the same one, however written.

Case, wide letters, white space and sentence marks do not count; signs do, as 3-4 is not 3+4.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from engine.data.plain_text import PlainText
from engine.data.told import Told

if TYPE_CHECKING:
    from engine.data.example import Example

# Between digits they part numbers: 1.5 is not 15, and 1 2 not 12.
_MARKS = re.compile(r"(?<!\d) | (?!\d)|[.,;:!?'\"\u3001\u3002\u2018\u2019\u201c\u201d\u2026](?!\d)")


def prompt_key(row: Example) -> str | None:
    """A hash of what is asked before the last answer, of the images asked about, and of plain text
    as a whole; None where nothing is asked in words."""
    asked = normalised(_asked(row))
    images = [str(image) for image in _images(row)]
    if len(asked) < 2 and not images:
        return None
    text = "\0".join((asked, *images))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def normalised(text: str) -> str:
    """``text`` without what does not matter to what it asks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _MARKS.sub("", " ".join(plain.split()))


def _asked(row: Example) -> str:
    if isinstance(row, PlainText):
        return row.text
    messages = _main(row).messages
    answers = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    before = messages[: answers[-1]] if answers else messages
    return "\n".join(m.get("content") or "" for m in before if m["role"] == "user")


def _images(row: Example) -> tuple[Any, ...]:
    return () if isinstance(row, PlainText) else _main(row).images


def _main(row: Example) -> Any:
    return row.conversations()[0] if isinstance(row, Told) else row
