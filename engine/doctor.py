"""What this machine has for fine-tuning; whatever is missing, what that switches off and what
danlu does instead. No heavy library is loaded here: a child process asks them."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from engine import words
from engine.doctor_libraries import Libraries
from engine.doctor_parts import optional_parts
from engine.hardware import Machine, free_disk_bytes, machine
from engine.home import home
from engine.hub.endpoints import endpoint, offline, probe
from engine.hub.reference import HUB_NAMES, HUBS
from engine.job import Job
from engine.models.locate import EMBEDDED, locate_here
from engine.spec.sections import Model
from engine.units import GIB, MIB, human_bytes

State = Literal["ok", "limited", "missing"]
_PACKAGES = (
    "torch", "transformers", "trl", "peft", "accelerate", "bitsandbytes", "datasets",
    "modelscope", "huggingface_hub", "gguf", "textual",
)  # fmt: skip
_ESSENTIAL = ("python", "packages", "torch", "home")
_OLDEST_PYTHON = (3, 10)
_LITTLE_RAM, _LITTLE_DISK, _LITTLE_SHM = 4 * GIB, 10 * GIB, 256 * MIB


@dataclass(frozen=True)
class Check:
    """One thing looked at. Its words stand below ``doctor.<name>``: ``title``, ``found``, and
    ``note`` names the sentence that says what is switched off and what danlu does instead."""

    name: str
    state: State
    note: str | None = None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return words.t(f"doctor.{self.name}.title", **self.values).strip()

    @property
    def found(self) -> str:
        key = f"doctor.{self.name}.found"
        return words.t(
            key if self.state != "missing" else f"doctor.{self.name}.none", **self.values
        )

    @property
    def consequence(self) -> str:
        """What is switched off and what danlu does instead; empty where nothing is."""
        return words.t(f"doctor.{self.name}.{self.note}", **self.values) if self.note else ""

    @property
    def blocks(self) -> bool:
        """Whether danlu cannot train at all for want of it."""
        return self.state == "missing" and self.name in _ESSENTIAL

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "state": self.state,
            "title": self.title,
            "found": self.found,
            "consequence": self.consequence,
            "values": self.values,
        }


@dataclass(frozen=True)
class Report:
    """All checks, in the order to read them."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether danlu can train here at all."""
        return not any(check.blocks for check in self.checks)

    def document(self) -> dict[str, Any]:
        """The ``doctor`` JSON: ``{ok, checks: [{name, state, title, found, consequence, …}]}``."""
        return {"ok": self.ok, "checks": [check.document() for check in self.checks]}


def examine(job: Job, on_check: Callable[[Check], None] | None = None) -> Report:
    """Look at everything; ``on_check`` is told each check as it is known. Some seconds, most of
    them torch's loading. Raises Cancelled."""
    found = []
    for check in _checks(job):
        job.check()
        found.append(check)
        if on_check:
            on_check(check)
    return Report(tuple(found))


def _checks(job: Job) -> Iterator[Check]:
    with Libraries() as libraries:
        yield from _light_checks(job)
        job.report("examine_torch")
        answers = libraries.wait(job)
    yield _torch(answers.get("torch", {}), machine())
    yield _bitsandbytes(answers.get("bitsandbytes", {}))


def _light_checks(job: Job) -> Iterator[Check]:
    here = machine()
    job.report("examine")
    yield _python()
    yield _packages()
    yield _home()
    yield _ram(here)
    yield _shared_memory()
    yield _pip()
    yield _tmux()
    yield from _cards(here)
    yield _driver(here)
    yield _bfloat16(here)
    yield _flash_attention(here)
    yield from _parts()
    yield from _hubs()
    yield _embedded()


def _python() -> Check:
    values = {"version": platform.python_version(), "path": sys.executable}
    if sys.version_info < _OLDEST_PYTHON:
        return Check("python", "limited", "old", values)
    return Check("python", "ok", None, values)


def _packages() -> Check:
    versions, missing = {}, []
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    values = {
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "missing": " ".join(missing),
        "python": sys.executable,
    }
    return Check("packages", "missing" if missing else "ok", "absent" if missing else None, values)


def _torch(found: dict[str, Any], here: Machine) -> Check:
    values = {
        "version": found.get("version", ""),
        "cuda": found.get("cuda") or "CPU",
        "reason": found.get("error", "?"),
    }
    if "version" not in found:
        return Check("torch", "missing", "broken", values)
    if here.gpu is not None and not found.get("usable"):
        return Check("torch", "limited", "no_cuda", values)
    return Check("torch", "ok", None, values)


def _bitsandbytes(found: dict[str, Any]) -> Check:
    values = {"version": found.get("version", ""), "reason": found.get("error", "?")}
    works = "version" in found
    return Check("bitsandbytes", "ok" if works else "missing", None if works else "broken", values)


def _cards(here: Machine) -> Iterator[Check]:
    if not here.gpus:
        yield Check("card", "missing", "absent", {"index": "", "cores": here.cores})
    for gpu in here.gpus:
        values = {
            "index": gpu.index,
            "name": gpu.name,
            "total": human_bytes(gpu.total_bytes),
            "free": human_bytes(gpu.free_bytes),
        }
        crowded = gpu.free_bytes < gpu.total_bytes * 0.8
        yield Check("card", "limited" if crowded else "ok", "crowded" if crowded else None, values)


def _driver(here: Machine) -> Check:
    if here.gpu is None:
        return Check("driver", "missing", "absent")
    return Check("driver", "ok", None, {"version": here.gpu.driver})


def _bfloat16(here: Machine) -> Check:
    if here.gpu is None:
        return Check("bfloat16", "missing", "cpu")
    if not here.bfloat16:
        return Check("bfloat16", "missing", "old_card", {"card": here.gpu.name})
    return Check("bfloat16", "ok")


def _flash_attention(here: Machine) -> Check:
    if importlib.util.find_spec("flash_attn") is None:
        return Check("flash_attention", "missing", "absent")
    if not here.flash_attention:
        return Check("flash_attention", "limited", "no_card")
    return Check("flash_attention", "ok")


def _ram(here: Machine) -> Check:
    values = {
        "total": human_bytes(here.ram_bytes),
        "free": human_bytes(here.ram_free_bytes),
        "cores": here.cores,
    }
    little = here.ram_free_bytes < _LITTLE_RAM
    return Check("ram", "limited" if little else "ok", "little" if little else None, values)


def _home() -> Check:
    folder, free = home(), free_disk_bytes(home())
    values = {"folder": str(folder), "free": human_bytes(free)}
    existing = folder
    while not existing.exists():
        existing = existing.parent
    if not os.access(existing, os.W_OK):
        return Check("home", "missing", "read_only", values)
    little = free < _LITTLE_DISK
    return Check("home", "limited" if little else "ok", "little" if little else None, values)


def _shared_memory() -> Check:
    folder = Path("/dev/shm")
    if not folder.is_dir():
        return Check("shared_memory", "missing", "absent")
    total = shutil.disk_usage(folder).total
    little = total < _LITTLE_SHM
    return Check(
        "shared_memory",
        "limited" if little else "ok",
        "little" if little else None,
        {"total": human_bytes(total)},
    )


def _tmux() -> Check:
    for name in ("tmux", "screen", "zellij"):
        if shutil.which(name):
            return Check("tmux", "ok", None, {"name": name})
    return Check("tmux", "missing", "absent")


def _pip() -> Check:
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    parts = asked.stdout.split()
    if asked.returncode != 0 or len(parts) < 2:
        return Check("pip", "missing", "absent", {"python": sys.executable})
    return Check("pip", "ok", None, {"version": parts[1]})


def _hubs() -> Iterator[Check]:
    variable = offline()
    answers = {} if variable else probe([endpoint(hub) for hub in HUBS])
    for hub in HUBS:
        address = endpoint(hub)
        values = {"hub": HUB_NAMES[hub], "address": address, "variable": variable or ""}
        if variable:
            yield Check("hub", "missing", "offline", {**values, "reason": variable})
        elif answers[address].reached:
            yield Check("hub", "ok", None, values)
        else:
            values["reason"] = answers[address].reason
            yield Check("hub", "missing", f"unreachable_{hub}", values)


def _parts() -> Iterator[Check]:
    for part in optional_parts():
        values = {
            "part": part.title,
            "version": part.found or "",
            "use": part.use,
            "install": part.install,
        }
        missing = part.found is None
        yield Check("part", "missing" if missing else "ok", "absent" if missing else None, values)


def _embedded() -> Check:
    here = locate_here(Model(source=EMBEDDED), Job())
    if here is None:
        return Check("embedded", "limited", "absent", {"folder": "–"})
    return Check("embedded", "ok", None, {"folder": str(here.folder)})
