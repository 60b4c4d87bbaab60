"""A failure on the command line: what, why, what to do; or the same as JSON."""

from __future__ import annotations

import json
import sys
import time
import traceback

from engine import words
from engine.errors import DanluError, DanluErrors, fault_of
from engine.home import home


def show_error(error: DanluError, as_json: bool = False) -> None:
    """Print ``error``: as text on standard error, as one JSON document on standard output."""
    if as_json:
        print(json.dumps({"error": error.document()}, ensure_ascii=False, indent=1))
        return
    found = error.errors if isinstance(error, DanluErrors) else (error,)
    print("\n\n".join(error_text(each) for each in found), file=sys.stderr)


def error_text(error: DanluError) -> str:
    """The error as a few plain lines; a fix that is a setting shows how to make it."""
    lines = [f"✗ {error.what}", f"  {error.why}"]
    for fix in error.fixes:
        lines.append(f"  → {error.fix_text(fix)}")
        if fix.set:
            from engine.spec.yaml_form import show_value

            changes = " ".join(
                f"--set {path.partition('.')[2]}={show_value(value)}"
                for path, value in fix.set.items()
            )
            lines.append(f"    {changes}")
    return "\n".join(lines)


def show_fault(fault: BaseException, as_json: bool = False) -> int:
    """A fault of danlu itself: a named error on the screen, the traceback in the log. Returns the
    exit code."""
    path = log_fault(fault)
    error = DanluError("app.fault", exit_code=3, reason=fault_of(fault), log=path)
    show_error(error, as_json)
    return error.exit_code


def log_fault(fault: BaseException) -> str:
    """Append the traceback to danlu's own log; returns where that is."""
    path = home() / "log.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {words.language()}\n")
        file.write("".join(traceback.format_exception(fault)))
    return str(path)
