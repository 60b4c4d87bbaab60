"""``danlu fetch --dataset REF``: bring a data set of a hub onto this machine."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from typing import Any

from engine.data.fetch import fetch
from engine.data.reference import DataReference, parsed
from engine.errors import DanluError
from engine.hub.reference import HUBS
from engine.job import Job
from engine.spec.sections import Source
from engine.units import human_bytes
from engine.words import t
from tui.cli.lasting_job import lasting_job


def fetch_dataset(args: argparse.Namespace) -> int:
    """Fetch, and say where its files are. Raises DanluError ``data.*`` and ``hub.*``."""
    named, source = parsed(Source(args.ref))
    if named.repo is None:
        raise DanluError("hub.bad_name", hub=args.hub, repo=args.ref)
    hub = next((name for name in HUBS if name == args.hub), named.hub)
    named = replace(named, hub=hub, revision=args.revision or named.revision)
    with lasting_job(args, args.ref) as job:
        document = _fetched(args.ref, named, source, job)
        job.keep(document)
    if args.json:
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return 0
    print(document["folder"])
    count, size = len(document["files"]), human_bytes(document["bytes"])
    print(t("cli_fetch.files", count=count, size=size))
    print(t("cli_fetch.next_data", data=f"{{train: [{{source: {args.ref}}}]}}"))
    return 0


def _fetched(ref: str, named: DataReference, source: Source, job: Job) -> dict[str, Any]:
    """The ``fetch`` JSON of a data set: its files of the subset and split that ``ref`` names."""
    files, copy = fetch(named, source, job)
    return {
        "source": ref,
        "hub": copy.hub,
        "revision": copy.commit,
        "folder": os.path.commonpath([file.parent for file in files]),
        "files": [str(file) for file in files],
        "bytes": sum(file.stat().st_size for file in files),
    }
