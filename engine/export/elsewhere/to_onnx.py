"""Write a model folder as ONNX with a KV cache: ``to_onnx.py MODEL FOLDER``. Runs optimum, which
imports torch and transformers when called."""

from __future__ import annotations

import sys


def main() -> None:
    """Export the model of the first argument into the folder of the second."""
    from optimum.exporters.onnx import main_export  # pyright: ignore[reportMissingImports]

    model, folder = sys.argv[1:]
    # Its own validation is left out: the export is compared with its checkpoint afterwards.
    main_export(
        model,
        output=folder,
        task="text-generation-with-past",
        library_name="transformers",
        do_validation=False,
    )


if __name__ == "__main__":
    main()
