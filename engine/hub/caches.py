"""What the hubs' own tools keep on this machine, found in their layouts without a network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.hub.pins import commit_in
from engine.hub.reference import HUBS, Hub


@dataclass(frozen=True)
class CachedRepo:
    """A repository in a cache: ``folder`` holds its files, ``revision`` is a commit or a branch."""

    hub: Hub
    repo: str
    folder: Path
    revision: str


def huggingface_cache() -> Path:
    """Hugging Face's cache of repositories, by the variables its client reads."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(name):
            return _expand(os.environ[name])
    return huggingface_home() / "hub"


def huggingface_home() -> Path:
    """Where Hugging Face's client keeps its cache and who is logged in, by the same variables."""
    if os.environ.get("HF_HOME"):
        return _expand(os.environ["HF_HOME"])
    return _expand(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"


def modelscope_cache() -> Path:
    """ModelScope's cache, by the variable its client reads."""
    return _expand(os.environ.get("MODELSCOPE_CACHE") or "~/.cache/modelscope")


def modelscope_home() -> Path:
    """Where ModelScope's client keeps who is logged in, by the variable it reads."""
    return _expand(os.environ.get("MODELSCOPE_HOME") or "~/.modelscope")


def cached(
    repo: str, *, hub: str = "auto", revision: str | None = None, kind: str = "model"
) -> Iterator[CachedRepo]:
    """The copies of ``repo`` in the caches of ``hub`` (``auto``: both), likeliest first. They may
    be incomplete: whoever takes one looks into it."""
    for name in HUBS:
        if hub in ("auto", name):
            look = _modelscope if name == "modelscope" else _huggingface
            yield from look(repo, revision, kind)


def all_cached(kind: str = "model") -> Iterator[CachedRepo]:
    """Every repository in both caches, its newest revision."""
    for repo in sorted(_modelscope_ids(kind) | _huggingface_ids(kind)):
        seen: set[Hub] = set()
        for found in cached(repo, kind=kind):
            if found.hub not in seen:
                seen.add(found.hub)
                yield found


def _huggingface(repo: str, revision: str | None, kind: str) -> Iterator[CachedRepo]:
    root = huggingface_cache() / f"{kind}s--{repo.replace('/', '--')}"
    snapshots = root / "snapshots"
    names = [revision] if revision else ["main"]
    commits = [_read(root / "refs" / name) or name for name in names]
    if not revision:
        commits += [folder.name for folder in _newest_first(snapshots)]
    for commit in dict.fromkeys(commits):
        if (snapshots / commit).is_dir():
            yield CachedRepo("huggingface", repo, snapshots / commit, commit)


def _modelscope(repo: str, revision: str | None, kind: str) -> Iterator[CachedRepo]:
    root = modelscope_cache() / f"{kind}s" / repo.replace("/", "--") / "snapshots"
    named = [root / name for name in (revision, "master", "main") if name]
    folders = list(dict.fromkeys([*named, *_newest_first(root)]))
    for folder in folders:
        if folder.is_dir():
            commit = commit_in(folder)
            if revision in (None, folder.name, commit):
                yield CachedRepo("modelscope", repo, folder, commit or folder.name)
    for folder in older_modelscope_copies(repo, kind):
        commit = commit_in(folder)
        if revision in (None, "master", commit):
            yield CachedRepo("modelscope", repo, folder, commit or "master")


def older_modelscope_copies(repo: str, kind: str) -> Iterator[Path]:
    """Where clients before 1.38 kept ``repo``: dots in its name written as ``___``."""
    owner, _, name = repo.partition("/")
    for base in (modelscope_cache(), modelscope_cache() / "hub"):
        folder = base / f"{kind}s" / owner / name.replace(".", "___")
        if name and folder.is_dir() and any(folder.iterdir()):
            yield folder


def _huggingface_ids(kind: str) -> set[str]:
    prefix = f"{kind}s--"
    folders = _folders(huggingface_cache())
    return {
        folder.name[len(prefix) :].replace("--", "/", 1)
        for folder in folders
        if folder.name.startswith(prefix)
    }


def _modelscope_ids(kind: str) -> set[str]:
    found = set()
    for folder in _folders(modelscope_cache() / f"{kind}s"):
        if (folder / "snapshots").is_dir():
            found.add(folder.name.replace("--", "/", 1))
    for base in (modelscope_cache(), modelscope_cache() / "hub"):
        for owner in _folders(base / f"{kind}s"):
            if not (owner / "snapshots").is_dir():
                names = [folder.name for folder in _folders(owner) if not folder.is_symlink()]
                found |= {f"{owner.name}/{name.replace('___', '.')}" for name in names}
    return found


def _folders(root: Path) -> list[Path]:
    try:
        return [folder for folder in root.iterdir() if folder.is_dir()]
    except OSError:
        return []


def _newest_first(root: Path) -> list[Path]:
    return sorted(_folders(root), key=lambda folder: folder.stat().st_mtime, reverse=True)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def _expand(text: str) -> Path:
    return Path(os.path.expandvars(os.path.expanduser(text)))
