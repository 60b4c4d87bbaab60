"""Who serves when nobody says who, and what ``transformers serve`` is not given and why."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.hardware import Gpu, machine
from engine.serve import transformers_fit, vllm
from engine.serve.backend import Choice, choose_backend
from engine.serve.held_as_ours import share
from engine.serve.inner import Asking, InnerFault, InnerGone
from engine.serve.plan import Named, Plan, Why, what_to_serve
from engine.spec.sections import Model
from engine.words import use_language
from tests.serve.test_plan import adapter_folder
from tui.serve_line import backend_text

CARD = Gpu(0, "a card", 24 * 2**30, 24 * 2**30, (8, 0))


@pytest.fixture(autouse=True)
def no_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "program", lambda: None)


def lora(folder: Path, base: Path, rows: int = 64, **config: object) -> Path:
    """An adapter whose one matrix pair stands on the first query layer of the tiny model."""
    import torch
    from safetensors.torch import save_file

    adapter_folder(folder, str(base), peft_type="LORA", **config)
    place = "base_model.model.model.layers.0.self_attn.q_proj"
    weights = {
        f"{place}.lora_A.weight": torch.zeros(8, rows),
        f"{place}.lora_B.weight": torch.zeros(64, 8),
    }
    save_file(weights, folder / "adapter_model.safetensors")
    return folder


def chosen(wanted: str, *targets: Path, **model: Any) -> Choice:
    found, named = what_to_serve([str(target) for target in targets])
    return choose_backend(wanted, replace(found, **model), named)


def test_without_vllm_it_is_transformers_serve(tiny_model: Path, tmp_path: Path) -> None:
    one = lora(tmp_path / "one", tiny_model, bias="none", init_lora_weights=True)
    assert chosen("auto", one) == Choice("transformers", why=(Why("no_vllm"),))
    assert chosen("transformers", one) == Choice("transformers", asked=True)
    assert chosen("danlu", one) == Choice("danlu", asked=True)


def test_with_vllm_and_a_card_it_is_vllm(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "program", lambda: "/bin/vllm")
    assert chosen("auto", tiny_model).why == (Why("no_gpu"),)
    here = replace(machine(), gpus=(CARD,))
    monkeypatch.setattr(vllm, "machine", lambda: here)
    assert chosen("auto", tiny_model) == Choice("vllm", why=(Why("vllm"),))
    special = lora(tmp_path / "one", tiny_model, use_dora=True)
    passed_over, refused = chosen("auto", special).why
    assert (passed_over.code, refused.code) == ("vllm_adapter", "adapter")


def test_without_its_libraries_it_is_danlus_own(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformers_fit, "LIBRARIES", ("pydantic", "not_installed_here"))
    found = chosen("auto", tiny_model)
    assert found.backend == "danlu"
    assert found.why[-1] == Why("libraries", {"packages": "not_installed_here"})


@pytest.mark.parametrize(
    ("config", "feature"),
    [
        ({"modules_to_save": ["embed_tokens"]}, "modules_to_save"),
        ({"use_dora": True}, "use_dora"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights=pissa"),
        ({"bias": "all"}, "bias"),
        ({"peft_type": "IA3"}, "IA3"),
        ({"rows": 32}, "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"),
    ],
)
def test_an_adapter_it_may_load_otherwise_is_served_by_danlus_own(
    config: dict[str, Any], feature: str, tiny_model: Path, tmp_path: Path
) -> None:
    kind = config.pop("peft_type", None)
    one = lora(tmp_path / "one", tiny_model, **config)
    if kind:
        adapter_folder(tmp_path / "ia3", str(tiny_model), peft_type=kind)
        one = tmp_path / "ia3"
    found = chosen("auto", one)
    assert found.backend == "danlu"
    assert found.why[-1] == Why("adapter", {"adapter": one.name, "feature": feature})
    with pytest.raises(DanluError) as caught:
        chosen("transformers", one)
    assert caught.value.code == "serve.transformers_refuses" and feature in str(caught.value)


def test_a_base_it_may_load_otherwise_is_served_by_danlus_own(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chosen("auto", tiny_model, trust_remote_code=True).why[-1] == Why("own_code")
    assert chosen("auto", tiny_model, quantization="nf4").backend == "transformers"
    once = chosen("auto", tiny_model, quantization="nf4", double_quantization=False)
    assert once.why[-1] == Why("nf4")
    here = replace(machine(), gpus=(CARD,))
    monkeypatch.setattr(transformers_fit, "machine", lambda: here)
    assert chosen("auto", tiny_model, quantization="nf4").why[-1] == Why("nf4")
    config = json.loads((tiny_model / "config.json").read_text())
    packed = {"quantization_config": {"quant_method": "awq"}}
    for number, (change, why) in enumerate(
        [
            (packed, Why("quantised", {"method": "awq"})),
            ({"architectures": ["A"]}, Why("architecture", {"architecture": "A"})),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "model.safetensors").symlink_to(tiny_model / "model.safetensors")
        (folder / "config.json").write_text(json.dumps({**config, **change}))
        assert transformers_fit.unfit(Model(source=str(folder)), [], folder) == why


def test_where_its_copies_of_the_model_do_not_fit_danlus_own_loads_one(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = lora(tmp_path / "one", tiny_model)
    little = replace(machine(), ram_free_bytes=600_000, gpus=())
    monkeypatch.setattr(transformers_fit, "machine", lambda: little)
    found = chosen("auto", one)
    assert found.backend == "danlu" and found.why[-1].code == "memory"
    assert chosen("transformers", one).backend == "transformers"
    assert chosen("auto", tiny_model).backend == "transformers"


def test_who_serves_is_said_with_who_chose_and_why() -> None:
    plan = Plan(Model(source="b"), (Named("b", None, "b"),), backend="transformers")
    why = (Why("no_vllm"), Why("libraries", {"packages": "fastapi"}))
    assert backend_text(plan) == "transformers serve"
    assert backend_text(replace(plan, asked=True)) == "transformers serve, as you asked"
    assert backend_text(replace(plan, backend="danlu", why=why)) == (
        "danlu's own server, danlu chose: vLLM is not installed; transformers serve lacks fastapi"
    )
    use_language("zh")
    assert backend_text(replace(plan, why=why[:1])) == "transformers serve（danlu 选的：没装 vLLM）"


def test_a_server_of_before_is_read_as_what_it_was() -> None:
    plan = Plan(Model(source="b"), (Named("b", None, "b"),), why=(Why("failed", {"reason": "x"}),))
    assert Plan.from_json(plan.to_json()) == plan
    before = json.loads(plan.to_json())
    del before["asked"], before["why"]
    before["backend"] = "transformers"
    assert Plan.from_json(json.dumps(before)).backend == "danlu"


def test_a_prompt_is_sent_so_that_the_tokens_of_the_training_are_read(tiny_model: Path) -> None:
    from tokenizers.processors import TemplateProcessing
    from transformers import AutoTokenizer

    from engine.serve.voice import Changed, Voice

    tokenizer: Any = AutoTokenizer.from_pretrained(tiny_model)
    voice = Voice(tiny_model, tokenizer, (2,), None, None)
    asked = [{"role": "user", "content": "Who?"}]
    wanted = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=True)
    assert tokenizer(voice.prompt(asked).text)["input_ids"] == wanted["input_ids"]
    assert voice.unfit() is None
    tokenizer._tokenizer.post_processor = TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", 1)]
    )
    sent = voice.prompt(asked)  # the first mark of its template is put there by the tokenizer
    assert tokenizer(sent.text)["input_ids"] == wanted["input_ids"]
    assert sent.tokens == len(wanted["input_ids"])
    tokenizer._tokenizer.post_processor = TemplateProcessing(
        single="$A <|im_end|>", special_tokens=[("<|im_end|>", 2)]
    )
    with pytest.raises(Changed):
        voice.prompt(asked)
    assert voice.unfit() == Why("tokenizer", {"feature": "special tokens"})


def test_models_that_are_alike_stand_on_the_same_weights(tiny_model: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    first: Any
    second: Any
    first, second = (AutoModelForCausalLM.from_pretrained(tiny_model) for _ in range(2))
    other = dict(second.named_parameters())["model.norm.weight"]
    torch.nn.init.constant_(other, 3.0)
    known: dict[str, Any] = {}
    share(first, known)
    share(second, known)
    theirs = dict(first.named_parameters())
    for name, weight in second.named_parameters():
        assert (weight is theirs[name]) == (weight is not other)
    assert second.get_output_embeddings().weight is first.get_input_embeddings().weight


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        (b'data: {"a": 1}\n\ndata: {"error": "no "room" left"}\n\n', InnerFault),
        (b'data: {"a": 1}\n\ndata: {"b', InnerGone),
    ],
)
def test_what_the_server_behind_says_before_it_fails_is_heard(
    said: bytes, raised: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as behind:
        behind.bind("s")
        behind.listen()

        def answer() -> None:
            connection, _ = behind.accept()
            heard = b""
            while not heard.endswith(b"{}"):
                heard += connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + said)
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        with Asking(Path("s"), "/x", {}) as asking:
            events = asking.events()
            assert next(events) == {"a": 1}
            with pytest.raises(raised) as caught:
                next(events)
    if raised is InnerFault:
        assert str(caught.value) == 'no "room" left'
    with pytest.raises(InnerGone):
        Asking(Path("nowhere"), "/x", {})
