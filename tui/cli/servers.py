"""``danlu servers``: what is being served, and what was."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine.words import t
from tui.cells import fit, width
from tui.cli.options import add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print every server, the living first."""
    from engine.serve.serving import document, servings

    documents = [document(each) for each in servings()]
    if args.json:
        print(json.dumps(documents, ensure_ascii=False, indent=1))
        return 0
    if not documents:
        print(t("serve.none"))
        return 0
    lines = [_cells(each) for each in documents]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(map(fit, line, widths)).rstrip())
    return 0


def _cells(server: dict[str, Any]) -> list[str]:
    return [
        server["name"],
        t(f"serve.state.{server['state']}"),
        server["url"] if server["state"] == "serving" else "–",
        t(f"serve.backend.{server['backend']}") if server["backend"] else "–",
        t("serve.requests", count=server["requests"]),
    ]
