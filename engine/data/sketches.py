"""What texts consist of, in 256 bytes each: one-permutation MinHash over runs of eight characters.

A text's runs are hashed, the hashes dealt into bins by their top bits, and the least of each bin
kept. The share of bins in which two texts agree is, within a few percent, the share of runs they
have in common. Texts are taken many at once, since each step of numpy costs the same for one as for
a hundred. Imports numpy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BINS = 128
LONGEST = 20_000  # characters looked at: enough to know a row by
_RUN = 8  # characters hashed together
_BLANKS = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "  # the ASCII ones of str.split
_LOWER = bytes(range(256)).lower()
_EMPTY = np.uint64(2**64 - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_PRIME = 0x100000001B3
_AT_ONCE = 1 << 14  # characters hashed together: what of it is under way fits a core's cache
_OWN = np.arange(BINS)


def sketches(texts: Sequence[str | bytes]) -> np.ndarray:
    """The least hashes of each text (``bytes`` are ASCII), ``BINS`` of 16 bits; white space and
    case do not count."""
    made = np.empty((len(texts), BINS), dtype=np.uint16)
    signs = [_signs(text) for text in texts]
    for width in (1, 4):
        own = [place for place, (_, size) in enumerate(signs) if size == width]
        for run in _runs(own, [len(text) // size for text, size in signs]):
            made[run] = _hashed([signs[place][0] for place in run], width)
    return made


def _signs(text: str | bytes) -> tuple[bytes, int]:
    """The characters that count, and the bytes of each: padded to one run at least."""
    text = text[:LONGEST]
    if isinstance(text, str) and text.isascii():
        text = text.encode()
    if isinstance(text, bytes):
        return text.translate(_LOWER, _BLANKS).ljust(_RUN, b"\0"), 1
    plain = "".join(text.split()).casefold().ljust(_RUN, "\0")
    return plain.encode("utf-32-le", "surrogatepass"), 4


def _runs(places: list[int], sizes: list[int]) -> list[list[int]]:
    """``places`` in groups of about _AT_ONCE characters."""
    runs: list[list[int]] = []
    room = 0
    for place in places:
        if room <= 0:
            runs.append([])
            room = _AT_ONCE
        runs[-1].append(place)
        room -= sizes[place]
    return runs


def _hashed(texts: list[bytes], width: int) -> np.ndarray:
    """The sketches of texts of ``width`` bytes a character."""
    sizes = np.array([len(text) // width for text in texts])
    joined = np.frombuffer(b"".join(texts), dtype=np.uint8 if width == 1 else np.uint32)
    hashes = _run_hashes(joined.astype(np.uint64))
    slots = (hashes >> np.uint64(57)).astype(np.intp)
    ends = np.cumsum(sizes)
    slots += np.repeat(np.arange(0, len(texts) * BINS, BINS), sizes)[: len(slots)]
    across = (ends[:-1, None] - np.arange(1, _RUN)).ravel()  # runs that reach into the next text
    nowhere = len(texts) * BINS
    slots[across] = nowhere
    least = np.full(nowhere + 1, _EMPTY)
    np.minimum.at(least, slots, hashes)
    return _dense(least[:nowhere].reshape(-1, BINS))


def _run_hashes(signs: np.ndarray) -> np.ndarray:
    """A hash of each run of _RUN signs: a polynomial of them, mixed so that no bit is alike."""
    hashes, span = signs, 1
    while span < _RUN:
        hashes = hashes[:-span] + hashes[span:] * np.uint64(pow(_PRIME, span, 2**64))
        span *= 2
    hashes ^= hashes >> np.uint64(29)
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(32)
    hashes *= _MIX
    return hashes


def _dense(least: np.ndarray) -> np.ndarray:
    """Sixteen bits of each bin; an empty bin takes from the next one that is not, round the end."""
    full = np.where(least != _EMPTY, _OWN, BINS)
    following = np.minimum.accumulate(full[:, ::-1], axis=1)[:, ::-1]
    following = np.where(following == BINS, following[:, :1], following)
    taken = np.take_along_axis(least, following, axis=1)
    mixed = np.where(following == _OWN, taken, (taken + _OWN.astype(np.uint64)) * _MIX)
    return (mixed >> np.uint64(20)).astype(np.uint16)
