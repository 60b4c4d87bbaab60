"""Why a typed id, path or count cannot be taken, in words; empty where it can."""

from __future__ import annotations

from collections.abc import Sequence

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


def not_an_amount(text: str) -> str:
    """``text`` as a number or share of rows, perhaps several times; nothing for all of them."""
    from tui.wizard.amount import parse_amount

    return "" if parse_amount(text) is not None else words.t("wizard_data.not_an_amount")


def not_in_registry(text: str, names: Sequence[str]) -> str:
    """``text`` as names of data sets, with commas between them, perhaps with a subset behind."""
    wanted = [name.strip() for name in text.split(",")]
    strange = next((name for name in wanted if name.partition(":")[0] not in names), None)
    return "" if strange is None else words.t("wizard_data.not_in_registry", name=strange or "–")


def not_a_count(text: str) -> str:
    """``text`` as a number of rows, or nothing for all of them."""
    return (
        "" if not text or (text.isdigit() and int(text) > 0) else words.t("wizard_data.not_a_count")
    )
