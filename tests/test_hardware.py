"""What the machine is asked, against a stand-in for NVML with the calls of the real one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from engine import hardware

_GIB = 2**30


class Nvml:
    """Two cards: the second has more free memory, no power sensor, and no bf16."""

    NVML_TEMPERATURE_GPU = 0
    nvmlClocksThrottleReasonSwPowerCap = 4
    nvmlClocksThrottleReasonHwSlowdown = 8
    nvmlClocksThrottleReasonSwThermalSlowdown = 32

    class NVMLError(Exception):
        pass

    _free = (3 * _GIB, 14 * _GIB)

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetUUID(self, card: int) -> bytes:
        return f"GPU-{card}".encode()

    def nvmlDeviceGetName(self, card: int) -> str:
        return ("NVIDIA A10", "Tesla T4")[card]

    def nvmlDeviceGetMemoryInfo(self, card: int) -> SimpleNamespace:
        return SimpleNamespace(
            total=16 * _GIB, free=self._free[card], used=16 * _GIB - self._free[card]
        )

    def nvmlDeviceGetCudaComputeCapability(self, card: int) -> tuple[int, int]:
        return ((8, 6), (7, 5))[card]

    def nvmlSystemGetDriverVersion(self) -> str:
        return "570.1"

    def nvmlDeviceGetUtilizationRates(self, card: int) -> SimpleNamespace:
        return SimpleNamespace(gpu=97)

    def nvmlDeviceGetTemperature(self, card: int, sensor: int) -> int:
        return 66

    def nvmlDeviceGetPowerUsage(self, card: int) -> int:
        if card == 1:
            raise self.NVMLError("not supported")
        return 150_000

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, card: int) -> int:
        return 8


@pytest.fixture(autouse=True)
def two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = Nvml()
    monkeypatch.setattr(hardware, "_nvml", lambda: nvml)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # so that it is put back, whatever it was
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")


def test_the_card_with_most_free_memory_is_taken_and_no_other_is_seen_afterwards() -> None:
    assert [gpu.name for gpu in hardware.machine().gpus] == ["NVIDIA A10", "Tesla T4"]
    hardware.take_one_card()
    assert [gpu.uuid for gpu in hardware.machine().gpus] == ["GPU-1"]


def test_a_card_the_person_chose_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    hardware.take_one_card()
    assert [gpu.name for gpu in hardware.machine().gpus] == ["NVIDIA A10"]


def test_hiding_every_card_leaves_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    hardware.take_one_card()
    assert hardware.machine().gpu is None


def test_bf16_is_offered_from_ampere_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not hardware.machine().bfloat16
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-0")
    assert hardware.machine().bfloat16


def test_a_sensor_a_card_lacks_is_left_open_and_the_others_are_read() -> None:
    first, second = hardware.device_sample()["gpus"]
    assert (first["utilisation"], first["temperature"], first["power_watts"]) == (97, 66, 150.0)
    assert first["throttled"] is True
    assert second["power_watts"] is None and second["memory_bytes"] == 2 * _GIB
