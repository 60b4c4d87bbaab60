"""Only the ``config.json`` of a model: what an estimate needs, without its weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from engine.catalogue import model_of
from engine.errors import DanluError, reason_of
from engine.home import home
from engine.hub.endpoints import endpoint, offline, probe
from engine.hub.reference import HUB_NAMES, HUBS, Hub, reference
from engine.models.locate import locate_here
from engine.runs.atomic import write_atomically

if TYPE_CHECKING:
    from engine.job import Job
    from engine.spec.sections import Model


def config_folder(model: Model, job: Job) -> Path:
    """A folder with the ``config.json`` of ``model.source``: the model itself where it is on this
    machine, else only that file, fetched and kept, else made of the catalogue's shapes.

    Raises DanluError ``model.not_found``, ``memory.no_config``, ``memory.config_unreachable``.
    """
    folder = Path(model.source).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise DanluError("memory.no_config", folder=folder)
        return folder
    here = locate_here(model, job)
    if here is not None:
        return here.folder
    named = reference("HuggingFaceTB/SmolLM2-135M-Instruct" if _embedded(model) else model.source)
    assert named is not None  # locate_here has refused what is no reference
    kept = home() / "cache" / "configs" / named.repo.replace("/", "--")
    if not (kept / "config.json").is_file():
        try:
            _fetch(named.repo, named.hub or model.hub, model.revision or named.revision, kept, job)
        except DanluError as error:
            made = _from_catalogue(named.repo)
            if made is None:
                raise
            job.note("note_model.catalogue_shapes", repo=named.repo, reason=error.what)
            return made
    return kept


def _from_catalogue(repo: str) -> Path | None:
    """A folder with a ``config.json`` made of the catalogue's shapes, apart from those fetched, so
    that the true one takes its place once a hub answers. None where the catalogue does not know
    enough of ``repo``."""
    known = model_of(repo)
    config = known.config() if known else None
    if config is None:
        return None
    made = home() / "cache" / "catalogue" / repo.replace("/", "--")
    write_atomically(made / "config.json", json.dumps(config, indent=1))
    return made


def _embedded(model: Model) -> bool:
    return model.source == "embedded"


def _fetch(repo: str, hub: str, revision: str | None, kept: Path, job: Job) -> None:
    """Fetch ``config.json`` from the first hub that has it into ``kept``."""
    wanted: list[Hub] = [name for name in HUBS if hub in ("auto", name)]
    variable = offline()
    if variable:
        raise DanluError("hub.offline", repo=repo, variable=variable)
    job.report("probe_hubs")
    answers = probe([endpoint(name) for name in wanted])
    reasons = []
    for name in wanted:
        answer = answers[endpoint(name)]
        if not answer.reached:
            reasons.append(f"{HUB_NAMES[name]}: {answer.reason}")
            continue
        try:
            _download(name, repo, revision, kept)
            return
        except Exception as error:  # the clients' errors share no class
            line = reason_of(error)
            reasons.append(f"{HUB_NAMES[name]}: {line[:200]}")
        job.check()
    raise DanluError("memory.config_unreachable", repo=repo, reason="; ".join(reasons))


def _download(hub: Hub, repo: str, revision: str | None, kept: Path) -> None:
    kept.mkdir(parents=True, exist_ok=True)
    if hub == "huggingface":
        from huggingface_hub import hf_hub_download

        hf_hub_download(repo, "config.json", revision=revision, local_dir=kept)
        return
    from modelscope.hub.file_download import model_file_download

    model_file_download(repo, "config.json", revision=revision or "master", local_dir=str(kept))
