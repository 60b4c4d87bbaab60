"""How fast data is checked and encoded, beside the parsers and tokenizers it stands on.

Run by hand: ``python -m tests.benchmarks.data_speed [--rows N] [--model FOLDER] [--folder DIR]``.
Each round runs all of them one after another in processes of their own, so that what else the
machine does is alike for all; the table has the best of the rounds. Its last table stands in
``docs/data-speed.md``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.big_file import write_rows

_OF_MODEL = ("tokenizers", "encode", "encode by processes")
_ENCODED = 20_000  # rows tokenised


def parse(path: Path, model: str) -> tuple[float, int]:
    """orjson over every line: the least that any check must do."""
    import orjson

    started, rows = time.perf_counter(), 0
    with open(path, "rb") as file:
        for line in file:
            orjson.loads(line)
            rows += 1
    return time.perf_counter() - started, rows


def check(path: Path, model: str, *, content: bool = False) -> tuple[float, int]:
    """Schema, structure and exact duplicates of every row."""
    from engine.data.check import check
    from engine.spec.sections import Source

    started = time.perf_counter()
    report = check([Source(str(path))], content=content)
    assert report.ok and report.rows == report.kept
    return time.perf_counter() - started, report.rows


def check_words(path: Path, model: str) -> tuple[float, int]:
    """The same, and what the words hold: secrets, marks, garbled text, near duplicates."""
    return check(path, model, content=True)


def first_page(path: Path, model: str) -> tuple[float, int]:
    """The first 50 rows as a screen shows them."""
    from engine.data.preview import preview
    from engine.spec.sections import Source

    started = time.perf_counter()
    page = preview([Source(str(path))]).page(0, 50)
    return time.perf_counter() - started, len(page)


def tokenize(path: Path, model: str) -> tuple[float, int]:
    """tokenizers' encode_batch over the texts of the rows, laid out before."""
    from engine.data.layout import lay_out
    from engine.data.template import chat_template

    tokenizer, rows = _tokenizer(model), _conversations(path)
    texts = [lay_out(chat_template(tokenizer), row).text for row in rows]
    started = time.perf_counter()
    for start in range(0, len(texts), 1000):
        encodings = tokenizer.backend_tokenizer.encode_batch(
            texts[start : start + 1000], add_special_tokens=False
        )
        assert all(encoding.ids for encoding in encodings)
    return time.perf_counter() - started, len(texts)


def encode(path: Path, model: str, *, processes: int = 1) -> tuple[float, int]:
    """The same rows laid out, tokenised, masked and written to an Arrow file."""
    import tempfile

    from engine.data.encode import Encoder
    from engine.data.report import SourceReport
    from engine.data.tables import TokenFile
    from engine.job import Job

    tokenizer, rows = _tokenizer(model), _conversations(path)
    list(Encoder(tokenizer).encode_many(rows[:300], SourceReport("")))  # learn the template
    encoder = Encoder(tokenizer, 2048)
    with tempfile.TemporaryDirectory() as folder:
        file = TokenFile(Path(folder) / "rows.arrow")
        started = time.perf_counter()
        with encoder.pool(processes, Job()) as pool:
            for _, rendered in encoder.encode_many(rows, SourceReport(""), pool):
                assert rendered is not None
                file.add(rendered.input_ids, rendered.labels)
        file.close()
        return time.perf_counter() - started, file.rows


def encode_by_processes(path: Path, model: str) -> tuple[float, int]:
    """The same by as many processes as there are cores, their start counted in."""
    from engine.hardware import cores

    return encode(path, model, processes=max(2, cores()))


WORK: dict[str, Callable[[Path, str], tuple[float, int]]] = {
    "orjson": parse,
    "check": check,
    "check and words": check_words,
    "first page": first_page,
    "tokenizers": tokenize,
    "encode": encode,
    "encode by processes": encode_by_processes,
}


def _tokenizer(model: str) -> Any:
    from engine.models.load import load_tokenizer

    return load_tokenizer(Path(model))


def _conversations(path: Path) -> list[Any]:
    from itertools import islice

    from engine.data.report import SourceReport
    from engine.data.survey import Wording, taken
    from engine.job import Job
    from engine.spec.sections import Source

    source = Source(str(path))
    return list(islice(taken(source, Wording(), SourceReport(""), Job()), _ENCODED))


def measured(name: str, path: Path, model: str) -> dict[str, float]:
    """One piece of work in a process of its own: seconds, CPU seconds of it all, peak bytes."""
    command = [sys.executable, "-m", "tests.benchmarks.data_speed", "--only", name]
    command += ["--file", str(path), "--model", model]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def only(name: str, path: Path, model: str) -> None:
    seconds, rows = WORK[name](path, model)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(each.ru_utime + each.ru_stime for each in (usage, children))
    print(json.dumps({"seconds": seconds, "rows": rows, "cpu": cpu, "kib": usage.ru_maxrss}))


def table(found: dict[str, list[dict[str, float]]]) -> str:
    """Best seconds, peak memory, and how each compares with what it stands on."""
    best = {name: min(each["seconds"] for each in rounds) for name, rounds in found.items()}
    beside = {"check": "orjson", "check and words": "orjson", "encode": "tokenizers"}
    beside["encode by processes"] = "tokenizers"
    lines = ["| work | rows | seconds | CPU seconds | rows a second | peak MB | time beside |"]
    lines.append("|---|---:|---:|---:|---:|---:|---|")
    for name, rounds in found.items():
        rows, peak = int(rounds[0]["rows"]), max(each["kib"] for each in rounds) / 1000
        ratio = f"{best[name] / best[beside[name]]:.2f} × {beside[name]}" if name in beside else ""
        pace, cpu = f"{rows / best[name]:,.0f}", min(each["cpu"] for each in rounds)
        seconds = f"{best[name]:.2f} | {cpu:.2f}"
        lines.append(f"| {name} | {rows:,} | {seconds} | {pace} | {peak:.0f} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="")
    parser.add_argument("--folder", type=Path, default=Path("/tmp"))
    parser.add_argument("--file", type=Path)
    parser.add_argument("--only", choices=list(WORK))
    args = parser.parse_args()
    if args.only:
        only(args.only, args.file, args.model)
        return
    path = args.file or args.folder / f"danlu-speed-{args.rows}.jsonl"
    if not path.exists():
        write_rows(path, args.rows)
    names = [name for name in WORK if args.model or name not in _OF_MODEL]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(args.rounds):
        for name in names:
            found[name].append(measured(name, path, args.model))
    print(f"{path.stat().st_size / 1e6:,.0f} MB\n\n{table(found)}")


if __name__ == "__main__":
    main()
