"""Whether this machine has what a format needs. Without torch."""

from __future__ import annotations

from engine.errors import DanluError
from engine.export import outside_tools
from engine.export.request import PLAIN_QUANTS, ExportRequest
from engine.export.tool_python import TOOLS, tool_for


def check_tools(request: ExportRequest) -> None:
    """Raises DanluError naming the one command that installs what the format lacks here."""
    if request.format in TOOLS:
        tool_for(request.format)
    if (
        request.format == "gguf"
        and request.quant not in PLAIN_QUANTS
        and not outside_tools.quantiser()
    ):
        raise DanluError("export.no_quantiser", quant=request.quant)
