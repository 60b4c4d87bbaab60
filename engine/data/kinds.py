"""Which files hold rows, by how their names end."""

from __future__ import annotations

from pathlib import Path

COMPRESSED = (".gz", ".zst")
_TEXTS = (".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".txt")
TABLES = (".parquet", ".arrow")
ENDINGS = (*_TEXTS, *TABLES)


def ending_of(path: Path) -> str:
    """The ending that tells what a file holds, in lower case: ``.jsonl`` of ``rows.JSONL.gz``."""
    own = path.suffix.lower()
    return Path(path.stem).suffix.lower() if own in COMPRESSED else own


def is_data_file(path: Path) -> bool:
    """Whether danlu reads files of that name: tables only where they are not compressed whole."""
    own, ending = path.suffix.lower(), ending_of(path)
    return ending in _TEXTS or (own == ending and ending in TABLES)
