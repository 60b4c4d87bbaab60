"""ms-swift's ``dataset_info.json``: a list of entries, each known by several names.

An entry's columns are renamed beside those that are known anyway; ``_`` hides one. Its subsets are
names, or objects with columns of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.data.columns import HIDDEN
from engine.errors import DanluError
from engine.spec.sections import Source

Entry = Mapping[str, Any]
_NAMES = ("dataset_name", "ms_dataset_id", "hf_dataset_id", "dataset_path")
_PLACES = _NAMES[1:]
_KEYS = {
    *_NAMES, "ms_revision", "hf_revision", "subsets", "split", "columns", "messages", "tags",
    "help", "huge_dataset",
}  # fmt: skip
_SUBSET_KEYS = {"name", "subset", "split", "columns", "messages", "is_weak_subset"}
_TAGS = {
    "role_key": "role_tag", "content_key": "content_tag", "user_role": "user_tag",
    "assistant_role": "assistant_tag", "system_role": "system_tag",
}  # fmt: skip
_DEFAULT, _ALL = "default", "all"


def is_list(entries: object) -> bool:
    """Whether what a file holds is such a list."""
    return (
        isinstance(entries, list)
        and bool(entries)
        and all(isinstance(e, dict) and any(e.get(key) for key in _PLACES) for e in entries)
    )


def named_entries(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Each entry by the name it is offered under: its own, else the last part of its id or path;
    the whole where two would be called alike."""
    last = [_whole(entry).rstrip("/").rpartition("/")[2] for entry in entries]
    return {
        name if last.count(name) == 1 else _whole(entry): entry
        for name, entry in zip(last, entries, strict=True)
    }


def sources_of(entries: Sequence[Entry], name: str, path: Path) -> list[Source] | None:
    """The sources of the entry called ``name``, which may end with ``:subset/subset``; None where
    none is. Raises DanluError ``data.registry_subsets`` and ``data.registry_unsupported``."""
    called, _, asked = name.partition(":")
    entry = _entry(entries, called)
    if entry is None:
        return None
    _refuse(entry, called, path)
    subsets = [_named_subset(subset) for subset in entry.get("subsets") or [_DEFAULT]]
    chosen = _chosen(subsets, [part for part in asked.split("/") if part], called, path)
    return [
        _source(entry, subset, split, path)
        for subset in chosen
        for split in _texts(subset.get("split") or entry.get("split") or "train")
    ]


def _whole(entry: Entry) -> str:
    return next(str(entry[key]) for key in _NAMES if entry.get(key))


def _entry(entries: Sequence[Entry], name: str) -> Entry | None:
    for entry in entries:
        if name in (entry.get(key) for key in _NAMES):
            return entry
    return named_entries(entries).get(name)


def _named_subset(subset: Any) -> dict[str, Any]:
    made = dict(subset) if isinstance(subset, dict) else {"subset": str(subset)}
    made.setdefault("subset", _DEFAULT)
    return {"name": made["subset"], **made}


def _chosen(
    subsets: list[dict[str, Any]], asked: Sequence[str], name: str, path: Path
) -> list[dict[str, Any]]:
    """The subsets asked for; without any the only one, or the one called default."""
    known = {str(subset["name"]): subset for subset in subsets}
    if not asked:
        asked = list(known) if len(known) == 1 else [_DEFAULT]
        if asked[0] not in known:
            first, names = next(iter(known)), ", ".join([*known, _ALL])
            raise DanluError(
                "data.registry_subsets", name=name, path=path, names=names, first=first
            )
    elif list(asked) == [_ALL] and _ALL not in known:
        asked = [name for name, subset in known.items() if not subset.get("is_weak_subset")]
    return [known.get(each) or {"name": each, "subset": each} for each in asked]


def _source(entry: Entry, subset: Mapping[str, Any], split: str, path: Path) -> Source:
    place, revision = _place(entry, path)
    told = subset if "columns" in subset or "messages" in subset else entry
    columns = {
        str(own): HIDDEN if str(field).startswith(("_", "-")) else _field(str(field), entry)
        for own, field in (told.get("columns") or {}).items()
    }
    tags = {tag: told["messages"][key] for key, tag in _TAGS.items() if key in _messages(told)}
    return Source(
        place,
        subset=None if subset["subset"] == _DEFAULT else str(subset["subset"]),
        split=split,
        columns=columns or None,
        tags=tags or None,
        revision=revision,
    )


def _field(field: str, entry: Entry) -> str:
    """Rows to be learnt whole are written there as answers to nothing."""
    whole = "pretrain" in (entry.get("tags") or []) and "query" not in _fields(entry)
    return "text" if field == "response" and whole else field


def _fields(entry: Entry) -> Iterator[str]:
    yield from map(str, (entry.get("columns") or {}).values())


def _messages(told: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says of the keys and roles of turns."""
    return {key: said for key, said in (told.get("messages") or {}).items() if said}


def _place(entry: Entry, path: Path) -> tuple[str, str | None]:
    """A file beside the list, else the hub's id: ModelScope's before the other's."""
    if entry.get("dataset_path"):
        return str(path.parent / Path(str(entry["dataset_path"])).expanduser()), None
    ids = (entry.get("ms_dataset_id"), entry.get("hf_dataset_id"))
    if ids[0]:
        alike = ids[0] == ids[1] and not entry.get("ms_revision")
        return str(ids[0]) if alike else f"ms::{ids[0]}", entry.get("ms_revision")
    return f"hf::{ids[1]}", entry.get("hf_revision")


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _refuse(entry: Entry, name: str, path: Path) -> None:
    """Raise DanluError for what an entry asks that danlu does not do."""
    strange = [key for key in entry if key not in _KEYS]
    for told in (entry, *(each for each in entry.get("subsets") or [] if isinstance(each, dict))):
        strange += [f"messages.{key}" for key in _messages(told) if key not in _TAGS]
        if told is not entry:
            strange += [f"subsets.{key}" for key in told if key not in _SUBSET_KEYS]
    if strange:
        raise DanluError("data.registry_unsupported", name=name, path=path, keys=", ".join(strange))
