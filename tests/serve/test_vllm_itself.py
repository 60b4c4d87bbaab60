"""vLLM itself where it is installed, on a card or as its CPU build: answers, key, stream, end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from engine.chat.sampling import Sampling
from engine.chat.talker import Talker
from engine.chat.target import ChatTarget
from engine.spec.sections import Model
from tests.chat.conftest import make_adapter
from tests.real_model import embedded_model
from tests.serve.conftest import KEY, Server, serve

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("vllm") is None, reason="vLLM is not installed"),
]
ASKED: Any = [{"role": "user", "content": "你是谁？"}]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The built-in model (vLLM takes no heads as small as a tiny model's) and two adapters."""
    base, folder = embedded_model(), tmp_path_factory.mktemp("adapters")
    first, second = (make_adapter(base, folder / str(seed), seed) for seed in (1, 2))
    return {"first": first, "second": second, "base": base}


@pytest.fixture(scope="module")
def served(weights: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two adapters and their base, behind a key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DANLU_HOME", str(tmp_path_factory.mktemp("vllm-home")))
        named = [f"{name}={folder}" for name, folder in weights.items()]
        made = serve([], named, KEY, backend="vllm", dtype="float32")
    yield made
    if made.serving.alive():
        made.serving.end()


@pytest.mark.parametrize("name", ["first", "second", "base"])
def test_it_answers_as_danlu_does(served: Server, weights: dict[str, Path], name: str) -> None:
    model = Model(source=str(weights["base"]), dtype="float32")
    adapter = weights[name] if name != "base" else None
    talker = Talker.load(ChatTarget(model, name, adapter=adapter))
    voice = "tuned" if adapter else None
    expected = "".join(talker.stream(ASKED, Sampling(max_new_tokens=16), voice))
    pieces = served.client().chat.completions.create(
        model=name, messages=ASKED, temperature=0, max_tokens=16, stream=True
    )
    answer = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert answer == expected


def test_it_is_behind_its_key_counted_and_ends_with_all_it_started(served: Server) -> None:
    with pytest.raises(openai.AuthenticationError):
        served.client("another-key").models.list()
    with pytest.raises(openai.NotFoundError):
        served.client().chat.completions.create(model="third", messages=ASKED)
    assert {each.id for each in served.client().models.list()} == {"first", "second", "base"}
    owner = psutil.Process(served.serving.owner())
    started = owner.children(recursive=True)
    assert started and all(KEY not in " ".join(each.cmdline()) for each in [owner, *started])
    deadline = time.monotonic() + 30
    while not served.serving.traffic().tokens:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    served.serving.end()
    psutil.wait_procs(started, timeout=30)
    assert not [each for each in started if each.is_running()]
