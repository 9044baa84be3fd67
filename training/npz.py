"""Writes arrays as an .npz file whose bytes depend on the arrays alone.

``numpy.savez_compressed`` writes headers that differ between patch releases of Python, and Deflate's output differs
between builds of zlib (zlib and zlib-ng give other bytes at every level). So nothing here is compressed and every
field of the zip's headers is fixed; git and wheels compress the file anyway. ``numpy.load`` reads it without pickles.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold (APPNOTE 4.4.6)."""
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16


def write_npz(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write ``arrays`` by name in sorted order, rows first. ValueError for arrays of objects; nothing is
    written then."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            archive.writestr(entry, _packed(arrays[name]))
    path.write_bytes(held.getvalue())


def _packed(array: npt.NDArray[Any]) -> bytes:
    held = io.BytesIO()
    np.lib.format.write_array(held, np.asarray(array, order="C"), allow_pickle=False)
    return held.getvalue()
