"""What sees rows on their way through :func:`engine.data.bulk.count_rows`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.data.digest import END
from engine.data.duplicates import Place
from engine.data.example import Example

_END = END.encode()


class Run(NamedTuple):
    """Conversations of plain turns, with nothing to remark on, on lines and rows one after another
    from ``line`` and ``row`` on: each as :func:`engine.data.digest.plain_text` has it, in UTF-8,
    and its digest."""

    file: str
    line: int
    row: int
    texts: list[bytes]
    digests: list[bytes]

    def words(self) -> Iterator[tuple[str | bytes, Place, bytes]]:
        """What each row says (``bytes`` where it is ASCII), system prompts left out, its place, and
        its digest."""
        for number, (text, digest) in enumerate(zip(self.texts, self.digests, strict=True)):
            parts = text.split(_END)
            if parts[0] == b"system" or b"system" in parts[::2]:
                turns = zip(parts[::2], parts[1::2], strict=False)
                said = b"\n".join([words for role, words in turns if role != b"system"])
            else:
                said = b"\n".join(parts[1::2])
            place = Place(self.file, self.line + number, self.row + number)
            yield said if said.isascii() else said.decode(), place, digest


class Onlooker:
    """One who does not care; those who do see more. With ``content`` rows whose words may deserve a
    remark are looked at one by one."""

    content = False

    @property
    def wants_each(self) -> bool:
        """Whether every row from here on is to be looked at, even with nothing to remark on."""
        return False

    def look(self, row: Example, digest: bytes) -> None:
        """A row that can be trained; ``digest`` is that of its words before any were filled in."""

    def passed(self, run: Run) -> None:
        """Rows that can be trained, of which there is nothing to say."""
