"""What only the heavy libraries can tell; run in a process of its own, prints one JSON document.

``torch``: version, the CUDA it was built for, whether a card is usable; or why it cannot be loaded.
``bitsandbytes``: whether a 4-bit layer really computes here, or why not.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from engine.errors import fault_of


def probe_torch() -> dict[str, Any]:
    """Load torch and let it multiply on the device it would train on."""
    try:
        import torch

        found: dict[str, Any] = {
            "version": torch.__version__,
            "cuda": torch.version.cuda or torch.version.hip or "",
            "usable": torch.cuda.is_available(),
        }
        if found["usable"]:
            torch.ones(8, 8, device="cuda").matmul(torch.ones(8, 8, device="cuda")).sum().item()
        return found
    except Exception as error:  # whatever a broken installation raises is what there is to tell
        return {"error": fault_of(error)}


def probe_bitsandbytes() -> dict[str, Any]:
    """Send numbers through a 4-bit layer on the device it would train on."""
    try:
        import bitsandbytes
        import torch
        from bitsandbytes.nn.modules import Linear4bit

        device = "cuda" if torch.cuda.is_available() else "cpu"
        layer = Linear4bit(64, 64, bias=False, quant_type="nf4", compute_dtype=torch.float32).to(
            device
        )
        layer(torch.ones(1, 64, device=device)).sum().item()
        return {"version": bitsandbytes.__version__}
    except Exception as error:  # as above
        return {"error": fault_of(error)}


if __name__ == "__main__":
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries greet on standard output
    json.dump({"torch": probe_torch(), "bitsandbytes": probe_bitsandbytes()}, answer)
    answer.flush()
    sys.stdout.flush()
    os._exit(0)
