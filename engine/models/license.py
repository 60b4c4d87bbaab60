"""Under which licence a model's files stand, as its README or LICENSE says."""

from __future__ import annotations

from pathlib import Path

import yaml

_KNOWN = (
    ("apache license", "apache-2.0"),
    ("mit license", "mit"),
    ("bsd 3-clause", "bsd-3-clause"),
    ("tongyi qianwen", "tongyi-qianwen"),
    ("llama", "llama"),
    ("gemma", "gemma"),
)


def license_of(folder: Path) -> str | None:
    """The licence named in README.md's front matter, else told from LICENSE, else None."""
    return _from_readme(folder / "README.md") or _from_license(folder)


def _from_readme(path: Path) -> str | None:
    text = _start_of(path)
    if not text.startswith("---"):
        return None
    front, found, _ = text[3:].partition("\n---")
    if not found:
        return None
    try:
        values = yaml.safe_load(front)
    except yaml.YAMLError:
        return None
    if not isinstance(values, dict):
        return None
    name = values.get("license")
    if isinstance(name, list):
        name = ", ".join(map(str, name))
    if name in (None, "", "other"):
        name = values.get("license_name") or name
    return str(name) if name else None


def _from_license(folder: Path) -> str | None:
    for name in ("LICENSE", "LICENSE.txt", "LICENSE.md"):
        start = _start_of(folder / name)[:400]
        for sign, licence in _KNOWN:
            if sign in start.lower():
                return licence
        lines = [line.strip(" #*") for line in start.splitlines() if line.strip(" #*")]
        if lines:
            return lines[0][:60]
    return None


def _start_of(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(20_000)
    except OSError:
        return ""
