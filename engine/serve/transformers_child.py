"""The process in which ``transformers serve`` runs (as a module, with a descriptor and options).
Imports torch, transformers and uvicorn inside functions only.

It is the real command, called as its console script calls it. Two things are settled from outside:
how it holds what it loads (:mod:`engine.serve.held_as_ours`), and where it listens. Its HTTP
server, uvicorn, is given a socket that is there already, a Unix socket in a folder none but this
user can enter, instead of a TCP port that everyone on a shared machine could ask without a key.
Should a later version make its server otherwise, the host it is given does not exist: it fails
rather than listens. It ends with the process that started it, whose end of standard input closes
with it.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

_NOWHERE = ("--host", "transformers-serve.invalid", "--port", "0")


def main(descriptor: int, options: list[str]) -> None:
    """Serve at the socket ``descriptor`` until told to end."""
    threading.Thread(target=_end_with_parent, args=[descriptor], daemon=True).start()
    import uvicorn

    from engine.hardware import machine
    from engine.libraries import import_model_libraries

    import_model_libraries()
    from transformers.cli.transformers import app

    from engine.models.load import device_of
    from engine.serve.held_as_ours import hold_adapters_as_peft_does, share_the_base

    hold_adapters_as_peft_does()
    share_the_base()
    made: Any = partial(uvicorn.Config, fd=descriptor)
    uvicorn.Config = made
    app(["serve", *options, "--device", device_of(machine()), *_NOWHERE])


def _end_with_parent(descriptor: int) -> None:
    """A process that is killed takes none along and cleans nothing up: both are done here."""
    while os.read(0, 1024):  # nothing is ever written there
        pass
    with socket.fromfd(descriptor, socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        shutil.rmtree(Path(listening.getsockname()).parent, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
