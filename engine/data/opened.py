"""Opening a file of rows, compressed (.gz, .zst) or not, with how far it is read."""

from __future__ import annotations

import gzip
import importlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import DanluError


@dataclass(frozen=True)
class Opened:
    """``file`` gives the bytes as they were before compression; ``total`` and :meth:`done` count
    bytes on disk."""

    file: BinaryIO
    total: int
    _raw: BinaryIO

    def done(self) -> int:
        """How many bytes on disk are read."""
        return self._raw.tell()


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """``path``, open for reading. Raises OSError, and DanluError ``data.broken_archive`` (also
    while it is read) and ``data.no_zstd``."""
    with open(path, "rb") as raw:
        file = _unpacked(raw, path)
        try:
            yield Opened(file, path.stat().st_size, raw)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DanluError("data.broken_archive", path=path) from error
        except Exception as error:
            if type(error).__name__ in ("ZstdError", "ArrowInvalid") or _is_arrow(error, path):
                raise DanluError("data.broken_archive", path=path) from error
            raise


def _is_arrow(error: Exception, path: Path) -> bool:
    """Whether pyarrow says that a compressed stream is broken; it has a plain OSError for that."""
    return path.suffix.lower() == ".zst" and isinstance(error, OSError) and error.errno is None


def _unpacked(raw: BinaryIO, path: Path) -> BinaryIO:
    ending = path.suffix.lower()
    if ending == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))  # type: ignore[arg-type,return-value]
    if ending == ".zst":
        return _zstd(raw, path)
    return raw


def _zstd(raw: BinaryIO, path: Path) -> BinaryIO:
    """Python's own zstd (from 3.14 on), else the package zstandard, else pyarrow's."""
    own = _module("compression.zstd")
    if own is not None:
        return own.open(raw)
    package = _module("zstandard")
    if package is not None:
        reader = package.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        return io.BufferedReader(reader)  # type: ignore[return-value]
    arrow = _module("pyarrow")
    if arrow is not None and arrow.Codec.is_available("zstd"):
        stream = arrow.CompressedInputStream(raw, "zstd")
        return io.BufferedReader(stream)  # type: ignore[return-value]
    raise DanluError("data.no_zstd", path=path)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
