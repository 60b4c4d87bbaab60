"""Where the hubs are, and whether they answer: asked together, in seconds."""

from __future__ import annotations

import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass

from engine.hub.reference import Hub

_TRUE = {"1", "ON", "YES", "TRUE"}
PROBE_SECONDS = 4.0
_OF_IT = 0.8  # is for the line to open, and again for the answer


@dataclass(frozen=True)
class Probe:
    """Whether an address answered; ``reason`` says why not."""

    reached: bool
    reason: str = ""


def endpoint(hub: Hub) -> str:
    """The address of ``hub``, by the same environment variables its own client reads."""
    if hub == "huggingface":
        return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    named = os.environ.get("MODELSCOPE_ENDPOINT") or os.environ.get("MODELSCOPE_DOMAIN", "").strip()
    named = named or "https://modelscope.cn"
    return (named if "://" in named else f"https://{named}").rstrip("/")


def offline() -> str | None:
    """The variable by which the person asked for no network (as ``HF_HUB_OFFLINE``), or None."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(name, "").upper() in _TRUE:
            return name
    return None


def probe(addresses: Iterable[str], seconds: float = PROBE_SECONDS) -> dict[str, Probe]:
    """Ask all ``addresses`` at once whether they answer; takes ``seconds`` at most.

    Any HTTP answer counts, an error status too, and so does a line that opens to a hub which takes
    its time. Names that do not resolve may keep a thread longer than its time; it is left behind
    and harms nothing.
    """
    found: dict[str, Probe] = {}
    threads = []
    for address in addresses:
        limit = _OF_IT * seconds
        thread = threading.Thread(target=_ask, args=(address, limit, found), daemon=True)
        thread.start()
        threads.append((address, thread))
    until = time.monotonic() + seconds
    for address, thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
        found.setdefault(address, Probe(False, f"> {seconds:.0f} s"))
    return {address: found[address] for address, _ in threads}


def _ask(address: str, seconds: float, found: dict[str, Probe]) -> None:
    request = urllib.request.Request(address, method="HEAD", headers={"User-Agent": "danlu"})
    try:
        with urllib.request.urlopen(request, timeout=seconds):
            found[address] = Probe(True)
    except urllib.error.HTTPError:
        found[address] = Probe(True)
    except TimeoutError:  # while reading: a line that does not open raises URLError
        found[address] = Probe(True)
    except (OSError, ValueError) as error:
        cause = getattr(error, "reason", error)
        found[address] = Probe(False, getattr(cause, "strerror", None) or str(cause))
