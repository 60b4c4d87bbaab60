"""A file of rows larger than the memory there is becomes rows to train on all the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_LEFT = 32 << 20  # bytes of memory left once everything is loaded and was used once
_SCRIPT = """
import resource, sys
from pathlib import Path
import torch
from engine.data.prepare import prepare
from engine.job import Job
from engine.models.load import load_tokenizer
from engine.spec.run_spec import RunSpec

def rows(path):
    data = {"train": [path], "max_length": 64, "eval_fraction": 0.01, "dataset_num_proc": 1}
    return prepare(RunSpec.from_mapping({"data": data}), tokenizer, Job())

few, many, model, left = sys.argv[1:]
tokenizer = load_tokenizer(Path(model))
rows(few)
lines = open("/proc/self/status").read().splitlines()
data = next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (data + int(left),) * 2)
made = rows(many)
read = sum(len(made.train[row]["input_ids"]) for row in range(len(made.train)))
print(len(made.train) + len(made.eval), read)
"""


@pytest.mark.slow
def test_a_file_larger_than_memory_is_encoded_and_read(tmp_path: Path, tiny_model: Path) -> None:
    files = []
    for name, count in (("few", 600), ("many", 12_000)):
        files.append(tmp_path / f"{name}.jsonl")
        with open(files[-1], "w", encoding="utf-8") as file:
            for number in range(count):
                row = {"query": f"{name} {number}?", "response": f"the answer {number} " * 200}
                file.write(json.dumps(row) + "\n")
    assert files[1].stat().st_size > _LEFT
    command = [sys.executable, "-c", _SCRIPT, *map(str, files), str(tiny_model), str(_LEFT)]
    environment = {**os.environ, "DANLU_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    count, read = map(int, done.stdout.split())
    assert count == 12_000 and read > 12_000 * 60
