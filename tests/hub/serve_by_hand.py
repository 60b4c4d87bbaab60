"""Two loopback hubs to try danlu against by hand, slow enough to watch:

    python -m tests.hub.serve_by_hand [--kib-per-second 4096] [--cut-every 3] [--answer-after 5]

Prints the variables to set; ``hf_open`` and ``ms_open`` are tokens that may read what is gated.
Everything is invented, of the names and sizes people know. Ends with ctrl+c.
"""

from __future__ import annotations

import argparse
import json
import struct
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.publish.loopback_upload import UploadHub

_MIB = 2**20
_MODELS: tuple[tuple[str | None, str | None, int, dict[str, Any]], ...] = (
    ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B", 24, {"license": "apache-2.0", "downloads": 900}),
    ("Qwen/Qwen3-1.7B", "Qwen/Qwen3-1.7B", 48, {"license": "apache-2.0", "downloads": 800}),
    (
        "LLM-Research/Llama-3.2-1B-Instruct",
        "meta-llama/Llama-3.2-1B-Instruct",
        24,
        {"license": "llama3.2", "downloads": 700},
    ),
    (None, "someone/qwen3-tuned-by-me", 12, {"license": "mit", "downloads": 9}),
    ("someone/通义", None, 12, {"downloads": 3}),
)
_DATA = ("AI-ModelScope/alpaca-gpt4-data-zh", "llm-wizard/alpaca-gpt4-data-zh")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kib-per-second", type=float, default=4096)
    parser.add_argument("--cut-every", type=int, default=0, help="cuts of each model's weights")
    parser.add_argument("--answer-after", type=float, default=0, help="seconds")
    parser.add_argument("--caches", default="/tmp/danlu-by-hand")
    asked = parser.parse_args()
    modelscope, huggingface = UploadHub(), UploadHub()
    for hub, token in ((modelscope, "ms_open"), (huggingface, "hf_open")):
        hub.account("ember", token)
        hub.members.add(token)
        hub.bytes_per_second = asked.kib_per_second * 1024
        hub.on_request = lambda: time.sleep(asked.answer_after)
        for number in range(asked.cut_every):
            hub.break_("model.safetensors", cut_at=(number + 1) * 3 * _MIB)
    with tempfile.TemporaryDirectory() as made:
        for ours, theirs, size, about in _MODELS:
            folder = _model(Path(made) / f"{size}", size)
            if ours:
                modelscope.add(ours, folder, **about)
            if theirs:
                gated = theirs.startswith("meta-llama")
                huggingface.add(theirs, folder, gated=gated, parameters=size * _MIB // 2, **about)
        rows = Path(made) / "rows"
        rows.mkdir()
        row = json.dumps({"instruction": "你是谁？", "input": "", "output": "我是小炉。"})
        (rows / "train.jsonl").write_text(f"{row}\n" * 20_000)
        modelscope.add(_DATA[0], rows, "dataset", downloads=50)
        huggingface.add(_DATA[1], rows, "dataset", downloads=40)
    caches = asked.caches
    for name, value in (
        ("MODELSCOPE_ENDPOINT", modelscope.address),
        ("HF_ENDPOINT", huggingface.address),
        ("MODELSCOPE_CACHE", f"{caches}/ms"),
        ("MODELSCOPE_HOME", f"{caches}/ms-home"),
        ("HF_HOME", f"{caches}/hf"),
    ):
        print(f"export {name}={value}", flush=True)
    while True:
        time.sleep(60)


def _model(folder: Path, mebibytes: int) -> Path:
    """A repository with weights of that size, and copies in other formats."""
    folder.mkdir(exist_ok=True)
    config: dict[str, Any] = {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 151936,
        "num_hidden_layers": 28, "hidden_size": 1024, "max_position_embeddings": 40960,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    (folder / "pytorch_model.bin").write_bytes(b"pickle" * _MIB)
    size = mebibytes * _MIB
    header = {"w": {"dtype": "BF16", "shape": [size // 2], "data_offsets": [0, size]}}
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))
    return folder


if __name__ == "__main__":
    main()
