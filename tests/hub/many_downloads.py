"""Many broken downloads in one process: imports of the clients are paid for once. Run as a module
with the environment of a test; reads the cases as JSON from standard input, prints what became of
each as JSON.

A case is ``{number, hub, repo, kind, faults: [{where, …}], kills}``: the hub's faults are set by
the test, whose hubs these are; here a case is fetched until it is whole, at most ``tries`` times.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from engine.hub import transfer
from engine.hub.child_side import Failed
from engine.hub.faults import fault
from engine.hub.worker import bring

transfer.PATIENCE, transfer.PAUSE = 0.5, 0.01
_AT_ONCE = 10


def main() -> None:
    cases: list[dict[str, Any]] = json.load(sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr  # the clients talk
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        json.dump(list(pool.map(_until_whole, cases)), out)


def _until_whole(case: dict[str, Any]) -> dict[str, Any]:
    """The codes of the errors on the way, and the folder that is whole at last."""
    codes: list[str] = []
    for _ in range(case["tries"]):
        ended: dict[str, Any] = {}

        def say(event: str, ended: dict[str, Any] = ended, **values: Any) -> None:
            if event == "done":
                ended.update(values)

        try:
            bring({**case, "revision": None}, say)
            return {"folder": str(Path(ended["folder"])), "codes": codes}
        except Failed as failure:
            print(case, failure.code, failure.values, file=sys.stderr)
            codes.append(failure.code)
        except Exception as error:  # whatever a client may raise has a name
            print(case, repr(error), file=sys.stderr)
            codes.append(fault(error, case["hub"], case["repo"], None)[0])
    return {"folder": None, "codes": codes}


if __name__ == "__main__":
    main()
