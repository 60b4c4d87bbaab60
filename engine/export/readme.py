"""The README beside an artefact: what it is, from which base, how to load it."""

from __future__ import annotations

from pathlib import Path

import yaml

from engine.export.origin import ExportOrigin
from engine.export.request import ExportRequest
from engine.models import embedded
from engine.models.license import license_of
from engine.words import t


def write_readme(origin: ExportOrigin, request: ExportRequest, folder: Path) -> None:
    """Write README.md in the language danlu speaks now, from the run card."""
    source = origin.target.base.source
    base = embedded.REPO if source == "embedded" else source
    licence = license_of(origin.weights)
    front = {
        "base_model": base,
        "license": licence,
        "library_name": "peft" if request.format == "adapter" else "transformers",
        "tags": ["danlu", request.format],
    }
    head = yaml.safe_dump(
        {key: value for key, value in front.items() if value}, allow_unicode=True, sort_keys=False
    )
    lines = [
        "---", head + "---", "",
        f"# {origin.target.label}", "",
        t("export.readme.about", base=base, format=t(f"export.format.{request.format}")), "",
    ]  # fmt: skip
    if origin.quantized_training:
        lines += [t("export.quantized_base", quantization=origin.quantized_training), ""]
    lines += _facts(origin)
    lines += ["", t("export.readme.verified"), ""]
    (folder / "README.md").write_text("\n".join(lines), encoding="utf-8")


def _facts(origin: ExportOrigin) -> list[str]:
    """The card's figures, as far as there are."""
    run = origin.target.run
    if run is None:
        return []
    summary = run.summary()
    figures = {
        "run": run.name,
        "steps": summary.step or None,
        "loss": _short(summary.loss),
        "eval_loss": _short(summary.eval_loss),
    }
    return [f"- {t(f'export.readme.{name}')}: {value}" for name, value in figures.items() if value]


def _short(loss: float | None) -> str | None:
    return None if loss is None else f"{loss:.4g}"
