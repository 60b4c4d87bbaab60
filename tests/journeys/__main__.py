"""``python -m tests.journeys [JOURNEY…] [--language zh] [--model FOLDER] [--keep FOLDER]`` replays
the journeys with the embedded model, in a pseudo-terminal, by keys alone.

A training of this model takes minutes on two cores. With ``--model`` any small model stands in its
place; one that cannot learn sentences by heart is not held to them (``--cannot-learn``).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.journeys.replay import JOURNEYS, replay


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.journeys")
    asked.add_argument("journeys", nargs="*", choices=[*JOURNEYS, []], help="all of them if none")
    asked.add_argument("--language", choices=("en", "zh"), help="both if none")
    asked.add_argument("--model", type=Path, help="a folder, instead of the embedded model")
    asked.add_argument("--cannot-learn", action="store_true")
    asked.add_argument("--keep", type=Path, help="leave all that is written in this folder")
    given = asked.parse_args()
    for name in given.journeys or JOURNEYS:
        for language in (given.language,) if given.language else ("en", "zh"):
            started = time.monotonic()
            root = given.keep or Path(tempfile.mkdtemp(prefix="danlu-journey-"))
            replay(
                name,
                language,
                root / f"{name}-{language}",
                model=given.model,
                learns=not given.cannot_learn,
            )
            print(f"{name} {language}: walked in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
