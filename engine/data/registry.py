"""A ``dataset_info.json`` as a source: ``…/dataset_info.json:name,other#500``.

The folder that holds the file may stand for it. LLaMA-Factory's is an object of entries by name,
ms-swift's a list (:mod:`engine.data.registry_list`). What an entry says is read as the tool reads
it: columns that one of LLaMA-Factory's does not name are hidden.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.data.columns import TEXT
from engine.data.registry_list import is_list, named_entries, sources_of
from engine.data.tags import TAGS
from engine.errors import DanluError
from engine.spec.sections import Source

FILE = "dataset_info.json"
Entries = dict[str, dict[str, Any]] | list[dict[str, Any]]
_NAMED = re.compile(r"(?P<path>.+?):(?P<names>[^\\#]+)(?:#(?P<count>\d+))?")
_KEYS = {
    "hf_hub_url", "ms_hub_url", "file_name", "formatting", "ranking", "subset", "split", "folder",
    "num_samples", "columns", "tags",
}  # fmt: skip
_FORMATS = {"alpaca": "alpaca", "sharegpt": "sharegpt", "openai": "messages"}
_DEFAULTS: dict[str, dict[str, str]] = {
    "alpaca": {"prompt": "instruction", "query": "input", "response": "output"},
    "sharegpt": {"messages": "conversations"},
    "openai": {"messages": "messages"},
}
_TARGETS = {
    "prompt": "instruction", "query": "input", "response": "output", "history": "history",
    "messages": "conversations", "system": "system", "tools": "tools", "images": "images",
    "chosen": "chosen", "rejected": "rejected", "kto_tag": "label",
}  # fmt: skip
_USUAL = {  # tags that only say what every file of messages has
    "role_tag": "role", "content_tag": "content", "user_tag": "user",
    "assistant_tag": "assistant", "system_tag": "system", "observation_tag": "tool",
}  # fmt: skip


def registered(source: Source) -> tuple[Source, list[Source]] | None:
    """What the entries named by ``source`` stand for, and the source with the count of its name;
    None where it names no registry.

    Raises DanluError ``data.registry_broken``, ``data.registry_names``, ``data.registry_unknown``,
    ``data.registry_unsupported`` and ``data.registry_subsets``.
    """
    text = source.source.strip()
    path = _registry(text)
    if path is not None:
        _listed(path)  # what is wrong with the file itself is said first
        raise _unnamed(path)
    match = _NAMED.fullmatch(text)
    path = _registry(match["path"]) or _within(match["path"]) if match else None
    if match is None or path is None or Path(text).expanduser().exists():
        return None
    if match["count"] and source.sample is None:
        source = replace(source, sample=int(match["count"]))
    entries = _listed(path)
    names = [name.strip() for name in match["names"].split(",") if name.strip()]
    parts = [part for name in names for part in _parts(entries, name, path)]
    if len(parts) == 1 and source.revision:
        parts = [replace(parts[0], hub=source.hub, revision=source.revision)]
    return source, parts


def registered_names(path: Path) -> list[str]:
    """The names a registry lists whose files are beside it, else all of them; none for other
    files and where it cannot be read."""
    try:
        return _usable(path) if _registry(str(path)) is not None else []
    except DanluError:
        return []


def _registry(text: str) -> Path | None:
    path = Path(text).expanduser()
    return path if path.name == FILE and _is_file(path) and _is_registry(path) else None


def _within(text: str) -> Path | None:
    return _registry(str(Path(text) / FILE))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_registry(path: Path) -> bool:
    """Whether it is LLaMA-Factory's: a table that datasets saved has a file of that name too."""
    return not (path.parent / "state.json").exists()


def _listed(path: Path) -> Entries:
    try:
        entries = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DanluError("data.registry_broken", path=path, reason=str(error)) from None
    named = isinstance(entries, dict) and all(isinstance(e, dict) for e in entries.values())
    if not (named or is_list(entries)):
        shapes = "{name: {…}} / [{ms_dataset_id: …}]"
        raise DanluError("data.registry_broken", path=path, reason=shapes)
    return entries


def _unnamed(path: Path) -> DanluError:
    names = _usable(path)
    shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return DanluError("data.registry_names", path=path, names=shown, first=next(iter(names), "–"))


def _usable(path: Path) -> list[str]:
    entries = _listed(path)
    known = named_entries(entries) if isinstance(entries, list) else entries
    files = {name: e.get("file_name") or e.get("dataset_path") for name, e in known.items()}
    here = [
        name
        for name, file in files.items()
        if isinstance(file, str) and (path.parent / Path(file).expanduser()).exists()
    ]
    return here or list(known)


def _parts(entries: Entries, name: str, path: Path) -> list[Source]:
    """The sources that the entry of this name stands for."""
    if isinstance(entries, list):
        listed, known = sources_of(entries, name, path), list(named_entries(entries))
    else:
        own, known = entries.get(name), list(entries)
        listed = None if own is None else [_source(own, name, path)]
    if listed is None:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known[:5]
        raise DanluError("data.registry_unknown", path=path, name=name, near=", ".join(near))
    return listed


def _source(entry: dict[str, Any], name: str, path: Path) -> Source:
    _refuse(entry, name, path)
    formatting = entry.get("formatting", "alpaca")
    own = entry.get("columns") or _DEFAULTS[formatting]
    columns = {file: _target(key, file, formatting) for key, file in own.items()}
    tags = entry.get("tags")
    usual = tags is not None and all(_USUAL.get(tag) == said for tag, said in tags.items())
    return Source(
        _place(entry, path),
        sample=entry.get("num_samples"),
        format=_format(formatting, columns, usual),
        subset=entry.get("subset") or entry.get("folder"),
        split=entry.get("split", "train"),
        columns={**columns, "*": "_"},
        tags=None if usual else tags,
    )


def _target(key: str, file: str, formatting: str) -> str:
    if key == "prompt" and file.lower() in TEXT and formatting == "alpaca":
        return "text"  # rows for continued pre-training are written so
    return _TARGETS[key]


def _format(formatting: str, columns: Mapping[str, str], usual: bool) -> str:
    if formatting == "alpaca":
        answered = {"output", "chosen"} & set(columns.values())
        return "alpaca" if answered else "auto"
    return "messages" if usual else _FORMATS[formatting]


def _place(entry: Mapping[str, Any], path: Path) -> str:
    hubs = {"hf::": entry.get("hf_hub_url"), "ms::": entry.get("ms_hub_url")}
    found = {prefix: repo for prefix, repo in hubs.items() if isinstance(repo, str)}
    if len(set(found.values())) == 1 and len(found) == 2:
        return found["ms::"]  # both hubs have it: whichever answers
    if found:
        prefix = "ms::" if "ms::" in found else "hf::"
        return prefix + found[prefix]
    return str(path.parent / str(entry["file_name"]))


def _refuse(entry: Mapping[str, Any], name: str, path: Path) -> None:
    """Raise DanluError for what an entry asks that danlu does not do."""
    columns, tags = entry.get("columns") or {}, entry.get("tags") or {}
    strange = [key for key in entry if key not in _KEYS and key != "om_hub_url"]
    strange += [f"columns.{key}" for key in columns if key not in _TARGETS]
    strange += [f"tags.{key}" for key in tags if key not in TAGS]
    if entry.get("formatting", "alpaca") not in _FORMATS:
        strange.append(f"formatting: {entry['formatting']}")
    if not any(isinstance(entry.get(k), str) for k in ("file_name", "hf_hub_url", "ms_hub_url")):
        strange = strange or [key for key in entry if key.endswith("_url")] or ["file_name"]
        raise DanluError("data.registry_unsupported", name=name, path=path, keys=", ".join(strange))
    if strange:
        raise DanluError("data.registry_unsupported", name=name, path=path, keys=", ".join(strange))
