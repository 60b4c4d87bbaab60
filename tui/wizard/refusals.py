"""Why a typed id, path or count cannot be taken, in words; empty where it can."""

from __future__ import annotations

from engine import words
from engine.errors import DanluError


def not_a_source(text: str) -> str:
    """``text`` as a path or the id of a data set."""
    from engine.data.reference import parsed
    from engine.spec.sections import Source

    if not text:
        return words.t("wizard_data.source_needed")
    try:
        named, _ = parsed(Source(text))
    except DanluError as error:
        return error.what
    if named.repo is None and (named.path is None or not named.path.exists()):
        return words.t("wizard_data.not_a_source")
    return ""


def not_a_count(text: str) -> str:
    """``text`` as a number of rows, or nothing for all of them."""
    return (
        "" if not text or (text.isdigit() and int(text) > 0) else words.t("wizard_data.not_a_count")
    )
