"""A model's file has the bytes of its arrays and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from training.npz import write_npz

WRITE = """
import sys
from pathlib import Path
import numpy as np
from training.npz import write_npz
made = np.arange(12, dtype=np.float32).reshape(3, 4)
write_npz(Path(sys.argv[1]), {"b": made, "a": np.array(0.5), "words": np.frombuffer(b"x", dtype=np.uint8)})
"""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    """Another process, another hash seed and another time zone give the same file."""
    root = Path(__file__).parents[3]
    for name, seed, zone in (("one", "1", "UTC"), ("two", "2", "Asia/Shanghai")):
        command = [sys.executable, "-c", WRITE, str(tmp_path / name)]
        environment = {"PYTHONPATH": str(root), "PYTHONHASHSEED": seed, "TZ": zone}
        subprocess.run(command, check=True, env=environment, timeout=60)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_order_and_layout_do_not_show(tmp_path: Path) -> None:
    """Names in another order and columns stored first give the same file."""
    matrix = np.arange(6).reshape(2, 3)
    write_npz(tmp_path / "one", {"a": matrix, "b": matrix[0]})
    write_npz(tmp_path / "two", {"b": matrix[0], "a": np.asfortranarray(matrix)})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_numpy_reads_it_without_pickles(tmp_path: Path) -> None:
    """Values, shapes (also of single numbers) and types come back; headers hold no time and no compression."""
    path = tmp_path / "model.npz"
    arrays = {"weights": np.arange(6, dtype=np.int8).reshape(2, 3), "bar": np.array(0.25), "none": np.zeros((0, 2))}
    write_npz(path, arrays)
    with np.load(path, allow_pickle=False) as found:
        assert sorted(found.files) == sorted(arrays)
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            assert found[name].shape == array.shape
            assert np.array_equal(found[name], array)
    for entry in zipfile.ZipFile(path).infolist():
        assert (entry.date_time, entry.create_system) == ((1980, 1, 1, 0, 0, 0), 3)
        assert entry.compress_type == zipfile.ZIP_STORED


def test_objects_are_refused(tmp_path: Path) -> None:
    """An array that would need a pickle is an error, and no file is left behind."""
    path = tmp_path / "model.npz"
    with pytest.raises(ValueError, match="Object arrays"):
        write_npz(path, {"fine": np.zeros(2), "odd": np.array([{}], dtype=object)})
    assert not path.exists()
