"""What the box says of the repository under the cursor, as names and values."""

from __future__ import annotations

from engine import words
from engine.catalogue import CatalogueDataset, CatalogueModel
from engine.errors import DanluError
from engine.hardware import Machine, free_disk_bytes
from engine.hub.caches import huggingface_cache, modelscope_cache
from engine.hub.found import Found
from engine.hub.offer import Offer
from engine.hub.reference import Hub
from engine.units import human_amount, human_bytes, human_count
from tui.model_marks import model_marks
from tui.symbols import sign
from tui.widgets.fact_grid import Fact
from tui.wizard.hub_search import HubSearch
from tui.wizard.names import short_path

_SHORT = 12  # characters of a commit


def hub_facts(found: Found, here: Machine, chosen: Hub | None) -> list[Fact]:
    """What stands against taking it from ``chosen``, or from the best place, and all that is
    known of it."""
    offer = offer_from(found, chosen)
    facts = [*_size(found, offer), *_what(found), *_where(found, chosen)]
    return [*_cautions(found, offer, here), *facts]


def typed_facts(search: HubSearch) -> list[Fact]:
    """What is known of an id that was typed and that no place told of."""
    query = search.query
    answered = not search.searching and all(search.count(hub) is not None for hub in query.hubs)
    if query.repo is None or not answered or any(search.error(hub) for hub in query.hubs):
        return []
    hubs = " · ".join(words.t(f"catalogue.{hub}") for hub in query.hubs)
    text = f"{sign('warn')} {words.t('hub_box.nowhere', hubs=hubs)}"
    return [Fact("", text, "$gold", wide=True)]


def offer_from(found: Found, chosen: Hub | None) -> Offer | None:
    """What ``chosen`` has of it, else the best there is."""
    if chosen is None:
        return found.best
    return next((one for one in found.offers if one.hub == chosen and one.folder is None), None)


def _size(found: Found, offer: Offer | None) -> list[Fact]:
    say = words.t
    facts = []
    if offer is not None and offer.folder is not None:
        facts.append(Fact(say("hub_box.on_disk"), human_bytes(offer.bytes or 0), "bold"))
    elif offer is not None and offer.to_fetch is not None:
        text = human_bytes(offer.to_fetch)
        if offer.held:
            text = say("hub_box.rest", left=text, all=human_bytes(offer.bytes or 0))
        facts.append(Fact(say("hub_box.to_fetch"), text, "bold"))
        facts.append(Fact(say("hub_box.files"), str(offer.files)))
    elif found.bytes:
        facts.append(Fact(say("hub_box.to_fetch"), f"~{human_bytes(found.bytes)}", "bold"))
    if found.parameters:
        facts.append(Fact(say("search.parameters"), human_count(found.parameters), "bold"))
    revision = offer.revision if offer else None
    if revision:
        facts.append(Fact(say("hub_box.revision"), revision[:_SHORT]))
    return facts


def _what(found: Found) -> list[Fact]:
    say = words.t
    known = found.known
    facts = [Fact(say("search.license"), found.first("license") or say("hub_box.not_stated"))]
    if isinstance(known, CatalogueModel) and known.context:
        context = human_amount(known.context, "tokens")
        facts.append(Fact(say("catalogue.context"), context))
    if isinstance(known, CatalogueModel) and model_marks(known):
        facts.append(Fact(say("catalogue.marks"), model_marks(known)))
    if isinstance(known, CatalogueDataset):
        if known.format:
            facts.append(Fact(say("catalogue.format"), known.format))
        if known.languages:
            facts.append(Fact(say("catalogue.languages"), " ".join(known.languages)))
        facts.append(Fact("", known.about_text, "$ash", wide=True))
    downloads = max((one.downloads or 0 for one in found.offers), default=0)
    if downloads:
        facts.append(Fact(say("hub_box.downloads"), human_count(downloads)))
    return facts


def _where(found: Found, chosen: Hub | None) -> list[Fact]:
    facts = []
    here = found.here
    if here is not None and here.folder is not None:
        name = words.t("search.here")
        facts.append(Fact(name, short_path(here.folder), "$ash", wide=True))
    for hub, repo in found.hubs:
        mark = f" {sign('now')}" if hub == chosen else ""
        facts.append(Fact(words.t(f"catalogue.{hub}"), f"{repo}{mark}", wide=True))
    return facts


def _cautions(found: Found, offer: Offer | None, here: Machine) -> list[Fact]:
    facts = []
    if offer is not None and offer.folder is None:
        if offer.problem:
            error = DanluError(
                offer.problem,
                repo=offer.repo,
                hub=words.t(f"catalogue.{offer.hub}"),
                revision="",
            )
            facts.append(Fact("", f"{sign('no')} {error.what}", "$cinnabar", wide=True))
        elif offer.gated:
            facts.append(Fact("", f"{sign('warn')} {words.t('hub_box.gated')}", "$gold", wide=True))
    if found.fits_disk() is False:
        cache = modelscope_cache() if offer and offer.hub == "modelscope" else huggingface_cache()
        free = human_bytes(free_disk_bytes(cache))
        text = words.t("hub_box.disk_full", free=free, folder=short_path(cache))
        facts.append(Fact("", f"{sign('no')} {text}", "$cinnabar", wide=True))
    if found.fit(here) == "no":
        text = words.t("hub_box.too_large", free=human_bytes(here.free_bytes))
        facts.append(Fact("", f"{sign('no')} {text}", "$cinnabar", wide=True))
    return facts
