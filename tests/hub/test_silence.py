"""Hugging Face's client waits for ever by itself; in danlu's processes it does not."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from engine.hub import huggingface_line
from engine.hub.faults import fault


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of a hub that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.slow
@pytest.mark.parametrize("ask", ["model_info", "whoami"])
def test_a_line_that_has_gone_dead_is_taken_for_broken(
    mute: str, ask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import HfApi, set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    monkeypatch.setitem(huggingface_line._SILENCE_ASKED, "read", 0.2)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    huggingface_line.limit_waiting()
    try:
        api = HfApi(endpoint=mute, token="hf_x")
        with pytest.raises(Exception) as caught:
            api.model_info("owner/name") if ask == "model_info" else api.whoami()
    finally:
        set_client_factory(default_client_factory)
    assert fault(caught.value, "huggingface", "owner/name", None)[0] == "hub.connection_lost"
