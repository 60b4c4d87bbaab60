"""What a source consists of: itself, or the entries of a registry that it names."""

from __future__ import annotations

from dataclasses import replace

from engine.data.reference import parsed
from engine.data.registry import registered
from engine.errors import DanluError
from engine.spec.sections import Source


def parts_of(source: Source) -> tuple[Source, list[Source]]:
    """The source with what its name holds, and the sources it stands for: how much is taken of all
    their rows together is said by the first. Raises DanluError ``data.sample_and_share``, and those
    of :func:`engine.data.registry.registered`."""
    found = registered(source)
    if found is not None:
        return found
    _, named = parsed(source)
    if named.sample is not None and named.share is not None:
        raise DanluError(
            "data.sample_and_share", source=named.source, sample=named.sample, share=named.share
        )
    return named, [replace(named, sample=None, share=None, repeat=1)]
