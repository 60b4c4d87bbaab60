"""The whole of an export: located, checked for room, written aside, put in place, proved."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.chat.target import ChatTarget
from engine.errors import DanluError, is_disk_full
from engine.export.manifest import (
    ExportReport,
    checkpoint_bytes,
    manifest,
    record,
    write_manifest,
)
from engine.export.origin import ExportOrigin, find_origin
from engine.export.request import ExportRequest, check_request
from engine.export.room import check_room, expected_bytes
from engine.export.tools import check_tools
from engine.job import Job
from engine.libraries import import_model_libraries
from engine.runs.averages import look_at_average
from engine.whole_folder import aside, put

if TYPE_CHECKING:
    from engine.export.compared import Compared


def export(request: ExportRequest, job: Job) -> ExportReport:
    """Make what ``request`` asks, and prove it unless told otherwise. A bad export is reported, not
    raised: ``verified`` is False and ``why`` says so. Raises DanluError ``export.*``, ``model.*``,
    ``hub.*``; Cancelled. Until it is whole, nothing stands at ``request.to``."""
    check_request(request)
    check_tools(request)
    origin = find_origin(request.target, job)
    _, peak = expected_bytes(
        origin.weights,
        request.format,
        dtype=request.dtype,
        quant=request.quant,
        adapter=origin.adapter,
    )
    check_room(request.to, peak)
    job.report("import_libraries")
    import_model_libraries()
    document = _write(origin, request, job)
    if request.verify:
        prove(origin, request, document, job)
    return ExportReport(request.to, document)


def prove(origin: ExportOrigin, request: ExportRequest, document: dict[str, Any], job: Job) -> None:
    """Compare checkpoint and artefact and write what came out into ``export.json``. One that cannot
    be opened is bad, too; one whose checkpoint cannot is not proved. Raises Cancelled."""
    from engine.export.check import compare
    from engine.export.prompts import prompts_of

    try:
        compared: Compared = compare(
            origin,
            request.to,
            request.format,
            request.quant,
            prompts_of(origin.target, job),
            _modelfile_equal(document),
            job,
        )
    except DanluError as error:
        opened = error.code != "export.cannot_open"
        why, reason = (
            ("not_compared", str(error)) if opened else ("cannot_open", error.values["reason"])
        )
        document |= {"verified": False, "why": [why], "reason": reason}
    else:
        document |= {
            "verified": not compared.why,
            "why": compared.why,
            "verification": compared.document(),
        }
    write_manifest(request.to, document)


def _modelfile_equal(document: dict[str, Any]) -> bool | None:
    """A Modelfile's TEMPLATE was proved when it was made; without one Ollama takes the GGUF's."""
    return True if document.get("modelfile_template") else None


def _write(origin: ExportOrigin, request: ExportRequest, job: Job) -> dict[str, Any]:
    """Write the artefact and its manifest aside, then move it in place in one rename."""
    from engine.export.write import write_artefact

    if origin.quantized_training and request.format != "adapter":
        job.note("export.quantized_base", quantization=origin.quantized_training)
    to = request.to.absolute()
    with _aside(to) as beside:
        made, staging = beside / "made", beside / "between"
        made.mkdir()
        staging.mkdir()
        start = time.monotonic()
        notes = write_artefact(origin, request, made, staging, job)
        notes["checkpoint_bytes"] = checkpoint_bytes(origin)
        notes["seconds"] = round(time.monotonic() - start, 1)
        document = manifest(origin, request, notes)
        write_manifest(made, document)
        job.check()
        _put(made, to)
    home = _belongs_to(origin.target)
    if home is not None:
        record(home, to)
    return document


@contextlib.contextmanager
def _aside(to: Path) -> Iterator[Path]:
    with contextlib.ExitStack() as stack:
        try:
            beside = stack.enter_context(aside(to, "exporting"))
        except OSError as error:
            if is_disk_full(error):
                raise
            reason = error.strerror or error
            raise DanluError("export.cannot_write", folder=to, reason=reason) from error
        yield beside


def _belongs_to(target: ChatTarget) -> Path | None:
    """The folder of the run, or of the average, below which the export is listed."""
    if target.run is not None:
        return target.run.path
    tuned = target.tuned
    return tuned if tuned is not None and look_at_average(tuned) is not None else None


def _put(made: Path, to: Path) -> None:
    for file in filter(Path.is_file, made.rglob("*")):
        file.chmod(0o644)  # safetensors writes for the owner alone, who may not be who serves it
    try:
        put(made, to)
    except OSError as error:
        raise DanluError("export.occupied", folder=to) from error
