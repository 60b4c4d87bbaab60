"""Serving with vLLM where it is installed: the right command, and the process that runs it.

Written from the sources of vLLM 0.33 (``entrypoints/common/cli_args.py``, ``engine/arg_utils.py``,
``config/lora.py``, ``lora/peft_helper.py``), tried with 0.32 on a CPU. The key travels as
``VLLM_API_KEY``, never as an argument.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from engine.child_process import ends_with_us
from engine.errors import DanluError
from engine.hardware import machine
from engine.job import Job
from engine.runs.journal import JournalWriter
from engine.serve.adapter_facts import rank_of, set_feature
from engine.serve.address import is_loopback, url_of
from engine.serve.plan import Named, Plan, Why

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # --max-lora-rank takes no other
# What of an adapter vLLM refuses when it is set.
_REFUSED = (
    "modules_to_save", "use_dora", "lora_bias", "alora_invocation_tokens", "layer_replication",
    "use_bdlora", "use_qalora",
)  # fmt: skip
_BITSANDBYTES = "lib/python*/site-packages/vllm/model_executor/layers/quantization/bitsandbytes.py"
_LOOK_SECONDS = 2.0
_GRACE = 20.0  # seconds vLLM gets to end


def program() -> str | None:
    """Where vLLM is installed; None where it is not."""
    return shutil.which("vllm")


def passed_over(named: Sequence[Named]) -> Why | None:
    """Why vLLM is not taken where nobody asked for it; None where it is."""
    if program() is None:
        return Why("no_vllm")
    if machine().gpu is None:
        return Why("no_gpu")
    refused = _refused(named)
    return Why("vllm_adapter", {"adapter": refused[0], "feature": refused[1]}) if refused else None


def refuse_unfit(named: Sequence[Named]) -> None:
    """Raises DanluError ``serve.no_vllm``, ``serve.vllm_refuses`` where vLLM was asked for and
    cannot do it."""
    if program() is None:
        raise DanluError("serve.no_vllm")
    if refused := _refused(named):
        raise DanluError("serve.vllm_refuses", adapter=refused[0], feature=refused[1])


def vllm_command(found: str, plan: Plan, folder: Path, port: int) -> list[str]:
    """The command that serves ``plan`` with the base in ``folder``."""
    adapters = [each for each in plan.named if each.adapter]
    bases = [each.name for each in plan.named if not each.adapter]
    command = [found, "serve", str(folder), "--host", plan.host, "--port", str(port)]
    # Without a name of its own a base is asked for by its path.
    command += ["--served-model-name", *(bases or [folder.name])]
    if adapters:
        rank = max(rank_of(each.adapter) for each in adapters if each.adapter)
        command += ["--enable-lora", "--max-loras", str(len(adapters))]
        command += ["--max-lora-rank", str(next(size for size in _RANKS if size >= rank))]
        command += ["--lora-modules", *map(_lora_module, adapters)]
    template = next(
        (path for each in adapters if (path := _template(each.adapter)) is not None), None
    )
    if template:
        command += ["--chat-template", str(template)]
    if _holds_quantised(found, plan.model.quantization):
        command += ["--quantization", "bitsandbytes"]
    if plan.model.dtype != "auto":
        command += ["--dtype", plan.model.dtype]
    if plan.model.trust_remote_code:
        command.append("--trust-remote-code")
    return command


def _lora_module(named: Named) -> str:
    """``name=path``, which vLLM takes for JSON where there is a comma in it."""
    plain = f"{named.name}={named.adapter}"
    return json.dumps({"name": named.name, "path": str(named.adapter)}) if "," in plain else plain


def _holds_quantised(found: str, quantization: str) -> bool:
    """Whether the vLLM at ``found`` holds a base so: in 4 bits by bitsandbytes, as long as it still
    brings that; in 8 bits none does."""
    return quantization == "nf4" and any(Path(found).resolve().parents[1].glob(_BITSANDBYTES))


def serve_with_vllm(
    plan: Plan, key: str | None, listening: socket.socket, journal: JournalWriter, job: Job
) -> None:
    """Run vLLM until it ends or this process is told to. Raises DanluError when it fails."""
    from engine.models.locate import locate

    found = program()
    if found is None:
        raise DanluError("serve.no_vllm")
    folder = locate(plan.model, job).folder
    port = listening.getsockname()[1]
    listening.close()  # vLLM listens itself
    environment = {**os.environ, "VLLM_API_KEY": key} if key else dict(os.environ)
    wanted = plan.model.quantization
    if wanted != "none" and not _holds_quantised(found, wanted):
        job.note("serve.whole_base", quantization=wanted)
    job.report("load_model")
    process = subprocess.Popen(
        vllm_command(found, plan, folder, port),
        stdin=subprocess.DEVNULL,
        env=environment,
        preexec_fn=ends_with_us(),
    )
    try:
        _watch(process, plan, port, journal)
    finally:
        _end(process)


def _watch(process: subprocess.Popen[bytes], plan: Plan, port: int, journal: JournalWriter) -> None:
    here = "127.0.0.1" if plan.host in ("0.0.0.0", "::") or is_loopback(plan.host) else plan.host
    serving, before, looked = False, (0, 0), time.monotonic()
    while process.poll() is None:
        time.sleep(_LOOK_SECONDS)
        if not serving and _ask(here, port, "health") is not None:
            serving = True
            journal.write("status", status="serving", url=url_of(plan.host, port), port=port)
        page = _ask(here, port, "metrics") if serving else None
        counted = before if page is None else read_metrics(page)  # it may be busy, or ending
        if counted != before:
            now = time.monotonic()
            pace = round((counted[1] - before[1]) / (now - looked), 2)
            journal.write("traffic", requests=counted[0], tokens=counted[1], tokens_per_second=pace)
            before = counted
        looked = time.monotonic()
    raise DanluError("serve.vllm_ended", exit_code=3, status=process.returncode)


def read_metrics(text: str) -> tuple[int, int]:
    """Requests answered and tokens generated since vLLM started, from its Prometheus page."""
    return _sum(text, "vllm:request_success_total"), _sum(text, "vllm:generation_tokens_total")


def _sum(text: str, name: str) -> int:
    lines = re.findall(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
    return int(sum(map(float, lines)))


def _ask(host: str, port: int, path: str) -> str | None:
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/{path}", timeout=5) as answer:
            return answer.read().decode("utf-8", "replace")
    except OSError:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _refused(named: Sequence[Named]) -> tuple[str, str] | None:
    """The first adapter vLLM does not take, and what of it: both as vLLM checks them."""
    return set_feature(named, _REFUSED, most_rank=_RANKS[-1])


def _template(adapter: Path | None) -> Path | None:
    path = adapter / "chat_template.jinja" if adapter else None
    return path if path and path.is_file() else None
