"""What this machine can do, asked without importing torch."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True)
class Gpu:
    """One CUDA card, as NVML tells. Memory in bytes; capability as (major, minor); ``uuid`` names
    it whatever order cards are counted in."""

    index: int
    name: str
    total_bytes: int
    free_bytes: int
    capability: tuple[int, int]
    driver: str = ""
    uuid: str = ""


@dataclass(frozen=True)
class Machine:
    """This machine at this moment."""

    cores: int
    ram_bytes: int
    ram_free_bytes: int
    gpus: tuple[Gpu, ...]

    @property
    def gpu(self) -> Gpu | None:
        """The card a run would use: the one with most free memory."""
        return max(self.gpus, key=lambda gpu: gpu.free_bytes, default=None)

    @property
    def free_bytes(self) -> int:
        """Free memory where a model would be trained: on the card, else RAM."""
        return self.gpu.free_bytes if self.gpu else self.ram_free_bytes

    @property
    def device_name(self) -> str:
        return self.gpu.name if self.gpu else f"CPU · {self.cores}"

    @property
    def bfloat16(self) -> bool:
        """Whether bf16 training is sound here: Ampere and later, and any CPU (in software)."""
        return self.gpu is None or self.gpu.capability >= (8, 0)

    @property
    def flash_attention(self) -> bool:
        """Whether flash-attn is installed and the card can run it."""
        return (
            self.gpu is not None
            and self.gpu.capability >= (8, 0)
            and importlib.util.find_spec("flash_attn") is not None
        )


def machine() -> Machine:
    """Look at this machine now. Takes a few milliseconds; never raises for a missing driver."""
    memory = psutil.virtual_memory()
    return Machine(
        cores=cores(),
        ram_bytes=_container_limit(memory.total),
        ram_free_bytes=min(memory.available, _container_limit(memory.total)),
        gpus=_gpus(),
    )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def free_ram() -> int:
    """Bytes of memory left to this process, by the machine and by the container it is in."""
    free = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
        facts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return max(0, min(free, limit - used + int(facts.get("inactive_file", 0))))
    except (OSError, ValueError):  # no limit
        return free


def _container_limit(total: int) -> int:
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(total, int(Path(path).read_text()))
        except (OSError, ValueError):
            continue
    return total


@cache
def _nvml() -> Any | None:
    """The NVML module, started; None where there is no NVIDIA driver."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # no library, no driver, no permission: there is no card to use
        return None
    return pynvml


def _visible() -> list[int]:
    """Indices of the cards CUDA would show, in CUDA_VISIBLE_DEVICES' order."""
    nvml = _nvml()
    if nvml is None:
        return []
    every = list(range(nvml.nvmlDeviceGetCount()))
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return every
    named = {str(index): index for index in every}
    named |= {_uuid(nvml, index): index for index in every}
    return [named[part.strip()] for part in chosen.split(",") if part.strip() in named]


def _uuid(nvml: Any, index: int) -> str:
    return _text(nvml.nvmlDeviceGetUUID(nvml.nvmlDeviceGetHandleByIndex(index)))


def take_one_card() -> None:
    """Let this process see the card with most free memory only, of those it may see. To be called
    before CUDA starts: the trainer spreads a model over every card it sees, which needs processes
    of its own to be right."""
    gpu = machine().gpu
    if gpu is not None and gpu.uuid:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu.uuid


def _gpus() -> tuple[Gpu, ...]:
    nvml = _nvml()
    if nvml is None:
        return ()
    found = []
    for index in _visible():
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        found.append(
            Gpu(
                index=index,
                name=_text(nvml.nvmlDeviceGetName(handle)),
                total_bytes=int(memory.total),
                free_bytes=int(memory.free),
                capability=tuple(nvml.nvmlDeviceGetCudaComputeCapability(handle)),
                driver=_text(nvml.nvmlSystemGetDriverVersion()),
                uuid=_uuid(nvml, index),
            )
        )
    return tuple(found)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def device_sample() -> dict[str, Any]:
    """How busy the device is now, as a ``device`` event's fields: for each card utilisation (%),
    memory (bytes), temperature (°C), power (W), throttled; CPU (%) and RAM (bytes) always."""
    memory = psutil.virtual_memory()
    sample: dict[str, Any] = {
        "cpu_percent": psutil.cpu_percent(None),
        "ram_bytes": memory.total - memory.available,
        "ram_total_bytes": memory.total,
        "process_bytes": psutil.Process().memory_info().rss,
    }
    nvml = _nvml()
    if nvml is not None:
        sample["gpus"] = [_gpu_sample(nvml, index) for index in _visible()]
    return sample


def _gpu_sample(nvml: Any, index: int) -> dict[str, Any]:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    sample: dict[str, Any] = {
        "index": index,
        "name": _text(nvml.nvmlDeviceGetName(handle)),
        "memory_bytes": int(memory.used),
        "memory_total_bytes": int(memory.total),
    }
    # Each of these is missing on some cards (MIG slices, passively cooled ones, old drivers).
    readings = {
        "utilisation": lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu,
        "temperature": lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
        "power_watts": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
        "throttled": lambda: bool(
            nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
            & (
                nvml.nvmlClocksThrottleReasonSwPowerCap
                | nvml.nvmlClocksThrottleReasonHwSlowdown
                | nvml.nvmlClocksThrottleReasonSwThermalSlowdown
            )
        ),
    }
    for name, read in readings.items():
        try:
            sample[name] = read()
        except nvml.NVMLError:
            sample[name] = None
    return sample


def free_disk_bytes(folder: Path) -> int:
    """Free bytes on the disk that holds ``folder`` (or its nearest existing parent)."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
