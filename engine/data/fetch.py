"""Data sets of a hub: fetched through the hub's own client, then read as files.

Imports modelscope or huggingface_hub when called.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import yaml

from engine.data.files import ENDINGS, files_below
from engine.data.reference import DataReference
from engine.errors import DanluError
from engine.hub.endpoints import endpoint, offline, probe
from engine.hub.reference import HUB_NAMES, HUBS, Hub
from engine.job import Job
from engine.models.quiet import quiet
from engine.spec.sections import Source

_PATTERNS = [f"*{ending}" for ending in ENDINGS] + ["README.md"]
_FRONT = re.compile(r"---\s*\n(.*?)\n---", re.DOTALL)


def fetch(target: DataReference, source: Source, job: Job) -> list[Path]:
    """The files of a hub's data set that hold the subset and split of ``source``: from the client's
    cache, else downloaded (clients go on with what is half there).

    Raises DanluError ``data.unreachable``, ``data.no_such_dataset``, ``data.no_subset``.
    """
    assert target.repo is not None
    hubs: tuple[Hub, ...] = (target.hub,) if target.hub else HUBS
    folder = _cached(target, hubs) or _downloaded(target, hubs, job)
    return _chosen(folder, target.repo, source)


def _cached(target: DataReference, hubs: tuple[Hub, ...]) -> Path | None:
    for hub in hubs:
        try:
            return _snapshot(hub, target, local=True)
        except Exception:  # the clients raise many kinds for what is not there
            continue
    return None


def _downloaded(target: DataReference, hubs: tuple[Hub, ...], job: Job) -> Path:
    job.report("probe_hubs")
    stopped = offline()
    answers = probe([endpoint(hub) for hub in hubs]) if not stopped else {}
    reasons, missing = [], False
    for hub in hubs:
        answer = answers.get(endpoint(hub))
        if answer is None or not answer.reached:
            reasons.append(f"{HUB_NAMES[hub]}: {stopped or (answer and answer.reason) or '–'}")
            continue
        job.report("fetching_data")
        try:
            return _snapshot(hub, target, local=False)
        except Exception as error:  # the clients raise many kinds; each is said in its own words
            missing = missing or _is_missing(error)
            reasons.append(f"{HUB_NAMES[hub]}: {_first_line(error)}")
    code = "data.no_such_dataset" if missing else "data.unreachable"
    raise DanluError(code, exit_code=3, id=target.repo, reasons="; ".join(reasons))


def _snapshot(hub: Hub, target: DataReference, *, local: bool) -> Path:
    take: Callable[..., str]
    if hub == "huggingface":
        from huggingface_hub import snapshot_download as take
    else:
        from modelscope.hub.snapshot_download import snapshot_download as take
    with quiet():
        folder = take(
            repo_id=target.repo,
            repo_type="dataset",
            revision=target.revision,
            allow_patterns=_PATTERNS,
            local_files_only=local,
        )
    if local:
        files_below(Path(folder))  # an empty folder of an earlier failure is no cache
    return Path(folder)


def _is_missing(error: Exception) -> bool:
    response = getattr(error, "response", None)
    return (
        getattr(response, "status_code", None) in (401, 403, 404)
        or "NotFound" in type(error).__name__
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _chosen(folder: Path, repo: str, source: Source) -> list[Path]:
    """The files for the subset and split: as the set's card lists them, else by their names."""
    files = files_below(folder)
    listed = _listed(folder, source)
    if listed:
        return listed
    names = {file: file.relative_to(folder).as_posix() for file in files}
    if source.subset:
        files = [file for file in files if _mentions(names[file], source.subset)]
    if not files:
        raise DanluError(
            "data.no_subset",
            id=repo,
            subset=source.subset or "–",
            split=source.split,
            files=", ".join(list(names.values())[:20]),
        )
    return [file for file in files if _mentions(names[file], source.split)] or files


def _mentions(name: str, word: str) -> bool:
    return re.search(rf"(?:^|[/._-]){re.escape(word)}(?:[/._-]|$)", name) is not None


def _listed(folder: Path, source: Source) -> list[Path]:
    """The files that the card's ``configs`` name for the subset and split."""
    card = folder / "README.md"
    match = _FRONT.match(card.read_text("utf-8", errors="replace")) if card.is_file() else None
    try:
        front = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError:
        front = None
    configs = front.get("configs") if isinstance(front, dict) else None
    for config in configs if isinstance(configs, list) else []:
        wanted = source.subset or ("default" if len(configs) > 1 else config.get("config_name"))
        if config.get("config_name") == wanted:
            return _matching(folder, config.get("data_files"), source.split)
    return []


def _matching(folder: Path, listed: object, split: str) -> list[Path]:
    entries = listed if isinstance(listed, list) else [listed]
    patterns = []
    for entry in entries:
        if isinstance(entry, str):
            patterns.append(entry)
        elif isinstance(entry, dict) and entry.get("split") == split:
            path = entry.get("path")
            patterns += path if isinstance(path, list) else [path]
    found = {
        file
        for pattern in patterns
        if isinstance(pattern, str) and not os.path.isabs(pattern)
        for file in folder.glob(pattern)
        if file.suffix.lower() in ENDINGS
    }
    return sorted(found)
