"""What was fitted and is shipped with this room."""

from __future__ import annotations

import io
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt


def shipped_arrays(name: str) -> dict[str, npt.NDArray[Any]]:
    """All arrays of ``incidents/data/NAME.npz``."""
    raw = (files("incidents") / "data" / f"{name}.npz").read_bytes()
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}
