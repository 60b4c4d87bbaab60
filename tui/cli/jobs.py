"""``danlu jobs``: long work outside training, at work or ended; following one, cancelling one."""

from __future__ import annotations

import argparse
import json
import time

from engine import words
from engine.job import Job
from engine.jobs.record import JobRecord, JobWatch, find_record, job_records
from engine.jobs.state import JobState
from engine.units import human_duration
from engine.words import t
from tui.cells import fit, width
from tui.cli.options import add_json
from tui.cli.progress_line import progress_line, progress_text

_POLL_SECONDS = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--follow", metavar="JOB", help=t("jobs.cli_follow"))
    what.add_argument("--cancel", metavar="JOB", help=t("jobs.cli_cancel"))
    what.add_argument("--pause", metavar="JOB", help=t("jobs.cli_pause"))
    what.add_argument("--go-on", metavar="JOB", help=t("jobs.cli_go_on"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print every job, those at work first; or follow, cancel, pause one or let it go on. Raises
    DanluError ``jobs.*`` and, with ``--follow``, what the job failed with."""
    if args.follow:
        return _follow(find_record(args.follow), args.json)
    if args.cancel:
        record = find_record(args.cancel)
        record.end()
        print(_document(record) if args.json else t("jobs.cancelled_now", name=record.name))
        return 0
    if args.pause or args.go_on:
        return _hold(find_record(args.pause or args.go_on), bool(args.pause), args.json)
    records = job_records()
    if args.json:
        print(json.dumps([each.document() for each in records], ensure_ascii=False, indent=1))
    else:
        print("\n".join(_lines(records)) or t("jobs.none"))
    return 0


def _hold(record: JobRecord, on: bool, as_json: bool) -> int:
    record.hold(on)
    key = "jobs.paused_now" if on else "jobs.goes_on_now"
    print(_document(record) if as_json else t(key, name=record.name))
    return 0


def _lines(records: list[JobRecord]) -> list[str]:
    longest = max((width(each.name) for each in records), default=0)
    lines = []
    for each in records:
        state = each.state()
        status = fit(t(f"jobs.status.{state.status}"), 10)
        where = progress_text(state.progress) if state.active else _took(state)
        lines.append(f"{fit(each.name, longest)}  {status}  {where}")
    return lines


def _took(state: JobState) -> str:
    if state.error is not None:
        return state.error.what
    return human_duration(state.ended - state.started) if state.ended and state.started else ""


def _follow(record: JobRecord, as_json: bool) -> int:
    """Show its progress until it ends, then what came of it. ctrl+c ends only the showing."""
    with progress_line() as job:
        state = _watched(record, job)
    if state.error is not None:
        raise state.error
    if as_json:
        print(_document(record))
    else:
        print(t("jobs.ended", name=record.name, status=t(f"jobs.status.{state.status}")))
    return 0 if state.status == "finished" else 3


def _watched(record: JobRecord, job: Job) -> JobState:
    told, watch = 0, JobWatch(record)
    while True:
        state = watch.look()
        for _, code, values in state.notes[told:]:
            if words.sayable(code, values):
                job.note(code, **values)
        told = len(state.notes)
        if not state.active:
            return state
        job.report(state.phase, state.done, state.total, state.unit)
        time.sleep(_POLL_SECONDS)


def _document(record: JobRecord) -> str:
    whole = {**record.document(), "result": record.result()}
    return json.dumps(whole, ensure_ascii=False, indent=1)
