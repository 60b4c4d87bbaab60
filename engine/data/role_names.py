"""Names of roles that a file has of its own: what they probably are, and what they may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.data.column_option import show_columns
from engine.data.columns import TURNS
from engine.data.finding import found
from engine.data.glance import first_rows
from engine.data.mapping import propose
from engine.data.report import SourceReport
from engine.data.schema import listed
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

_MOST = 12  # names among which a person chooses
_KEYS = ("role_tag", "content_tag")


def propose_roles(sources: Sequence[Source], reports: Sequence[SourceReport], job: Job) -> None:
    """Where most rows of a source are lost to roles nobody knows, add what they probably are."""
    for source, report in zip(sources, reports, strict=False):
        if source.tags or report.dropped_by["unknown_role"] * 2 <= report.rows:
            continue
        try:
            rows = first_rows(source, job)
        except DanluError:  # said in the report already
            continue
        proposal = propose(rows, report.stage)
        if proposal is None or not proposal.tags:
            continue
        place = next(each for each in report.findings if each.code == "unknown_role")
        roles = [own for tag, own in proposal.tags.items() if tag not in _KEYS]
        columns = {**(source.columns or {}), **proposal.columns}
        renamed = {own: name for own, name in columns.items() if own != name}
        option = show_columns(renamed, proposal.tags)
        told = found("roles_unnamed", place.file, place.line, roles=listed(roles), option=option)
        report.add([told])


def turns_in(
    rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """The turns in ``rows``: in the column that ``columns`` (the file's → danlu's) or its
    own name says holds them."""
    found_: list[Mapping[str, Any]] = []
    for row in rows:
        for own, value in row.items():
            named = columns.get(own, own)
            if str(named).lower() in TURNS and isinstance(value, list):
                found_ += [turn for turn in value if isinstance(turn, dict)]
    return found_


def choices(tag: str, turns: Sequence[Mapping[str, Any]], tags: Mapping[str, str]) -> list[str]:
    """What the tag may be in these turns: their keys, or the names at the key of roles."""
    if tag in _KEYS:
        keys = (key for turn in turns for key, part in turn.items() if isinstance(part, str))
        return list(dict.fromkeys(keys))[:_MOST]
    return list(said_by(turns, tags))[:_MOST]


def said_by(turns: Sequence[Mapping[str, Any]], tags: Mapping[str, str]) -> dict[str, str]:
    """The names of the roles in ``turns``, each with the first words of it."""
    role, content = tags.get("role_tag"), tags.get("content_tag")
    said: dict[str, str] = {}
    for turn in turns:
        name = turn.get(role or ("role" if "role" in turn else "from"))
        words = turn.get(content or ("content" if "content" in turn else "value"))
        if isinstance(name, str) and name not in said:
            said[name] = words if isinstance(words, str) else ""
    return said
