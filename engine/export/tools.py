"""Whether this machine has what a format needs. Without torch."""

from __future__ import annotations

from engine.errors import DanluError
from engine.export import onnx, outside_tools, quantized
from engine.export.request import PLAIN_QUANTS, ExportRequest


def check_tools(request: ExportRequest) -> None:
    """Raises DanluError naming the one command that installs what the format lacks here."""
    package = quantized.needed_package(request.format)
    if package:
        raise DanluError("export.needs_package", package=package, format=request.format)
    if request.format == "onnx" and onnx.exporter() is None:
        raise DanluError("export.no_onnx", folder=onnx.tool_folder())
    if (
        request.format == "gguf"
        and request.quant not in PLAIN_QUANTS
        and not outside_tools.quantiser()
    ):
        raise DanluError("export.no_quantiser", quant=request.quant)
